//! wrk, the load generator of others, for the same load.

use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use algorithms::display::{MimeBundle, Render};
use algorithms::table::{Table, fixed, thousands};

use super::generator::{Arrivals, Load, MOST_TIME, Target};
use crate::ground::error::{LabError, Task};
use crate::ground::program::{Package, Program, Version};
use crate::kind::{Kind, Start};
use crate::server::Place;

pub(crate) const PROGRAM: Program = Program {
    name: "wrk",
    package: Package::Named("wrk"),
    variable: None,
    version: Version::Flag("-v"),
    oldest: "4.0",
    versioned: None,
};

pub(crate) const KIND: Kind = Kind {
    name: "wrk",
    title: "wrk",
    about: "load generator of others",
    programs: &[&PROGRAM],
    start: Start::Never,
    slow: false,
    containers: &[],
};

/// What wrk reports of a load.
#[derive(Clone, Debug, PartialEq)]
pub struct WrkResult {
    /// How many requests were answered.
    pub requests: u64,
    /// Answers per second.
    pub per_second: f64,
    /// Half of the answers took longer.
    pub p50: Duration,
    /// One answer in a hundred took longer, those counted that it added.
    pub p99: Duration,
    /// Answers with a status of 400 and above, and broken connections.
    pub errors: u64,
}

impl Load {
    /// Has wrk carry out this load, which must be a closed one without thinking: wrk has no other. It counts
    /// latency from when it sent a request; afterwards it adds the requests that each client would have sent, had it
    /// kept its mean pace, while it waited for a slow answer (`stats_correct` in its source). It sends for whole
    /// seconds, and asks for `{n}` as [`Load::numbers`] says.
    ///
    /// # Errors
    ///
    /// When there is no wrk on this machine, the load is open or its clients think, or the address is not of this
    /// machine.
    pub fn run_by_wrk(&self, url: &str) -> Task<'static, WrkResult> {
        let (load, url) = (self.clone(), url.to_owned());
        Box::pin(async move {
            let found = PROGRAM.find()?;
            let clients = match load.arrivals {
                Arrivals::Closed { clients, think } if think.is_zero() => clients,
                _ => {
                    let problem = "it sends again when it has its answer, and cannot keep a schedule: give it a `Load::closed`";
                    return Err(LabError::answer("wrk", problem));
                }
            };
            // The same look at the address as for our own generator.
            Target::new(&url, &load).await?;
            let place = Place::new("wrk", None)?;
            let script = place.write("load.lua", script(&load, &url))?;
            let seconds = load.time.min(MOST_TIME).as_secs().max(1);
            let arguments = [
                "--threads".into(),
                "1".into(),
                "--connections".into(),
                clients.to_string(),
                "--duration".into(),
                format!("{seconds}s"),
                "--timeout".into(),
                format!("{}s", load.patience.as_secs().max(1)),
                "--latency".into(),
                "--script".into(),
                script,
                url,
            ];
            let printed = place.run(&found.path, arguments.map(OsString::from).to_vec()).await?;
            parse(&printed).ok_or_else(|| LabError::answer("wrk", printed))
        })
    }
}

/// What wrk is to send: the path of the address, with a number for `{n}`, and the headers.
fn script(load: &Load, url: &str) -> String {
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    let (before, after) = path.split_once("{n}").unwrap_or((path, ""));
    let numbers: Vec<String> = load.numbers.iter().map(u64::to_string).collect();
    let headers: String =
        load.headers.iter().map(|(name, value)| format!("wrk.headers[{name:?}] = {value:?}\n")).collect();
    let next = if path.contains("{n}") { "(numbers[i % #numbers + 1] or i)" } else { "\"\"" };
    format!(
        "{headers}local numbers = {{{}}}
local i = -1
function request()
  i = i + 1
  return wrk.format(nil, {:?} .. {next} .. {after:?})
end
",
        numbers.join(","),
        format!("/{before}")
    )
}

/// Reads what wrk prints.
fn parse(printed: &str) -> Option<WrkResult> {
    let mut result =
        WrkResult { requests: 0, per_second: f64::NAN, p50: Duration::MAX, p99: Duration::MAX, errors: 0 };
    for line in printed.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["50%", time] => result.p50 = duration(time)?,
            ["99%", time] => result.p99 = duration(time)?,
            [count, "requests", "in", ..] => result.requests = count.parse().ok()?,
            ["Requests/sec:", rate] => result.per_second = rate.parse().ok()?,
            ["Non-2xx", .., count] => result.errors += count.parse::<u64>().ok()?,
            ["Socket", "errors:", ..] => {
                result.errors +=
                    words.iter().filter_map(|w| w.trim_end_matches(',').parse::<u64>().ok()).sum::<u64>();
            }
            _ => {}
        }
    }
    (result.per_second.is_finite() && result.p99 < Duration::MAX).then_some(result)
}

/// `2.12ms`, `850.00us` or `1.20s`.
fn duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let unit = match &text[at..] {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    Some(Duration::from_secs_f64(text[..at].parse::<f64>().ok()? * unit))
}

impl WrkResult {
    fn table(&self) -> Table {
        let ms = |time: Duration| fixed(time.as_secs_f64() * 1e3, 1);
        let table = Table::new(["requests", "per second", "errors", "p50 ms", "p99 ms"]);
        let (requests, errors) = (thousands(self.requests), thousands(self.errors));
        table.row([requests, fixed(self.per_second, 1), errors, ms(self.p50), ms(self.p99)])
    }
}

impl fmt::Display for WrkResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table().fmt(f)
    }
}

impl Render for WrkResult {
    fn render(&self) -> MimeBundle {
        self.table().render()
    }
}

algorithms::rich_display!(WrkResult);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_prints_is_read() {
        let printed = "Running 2s test @ http://127.0.0.1:8080/
  1 threads and 10 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.05ms  402.11us   9.70ms   93.21%
    Req/Sec     9.61k   624.03    10.45k    85.00%
  Latency Distribution
     50%  990.00us
     75%    1.14ms
     90%    1.35ms
     99%    2.12ms
  19133 requests in 2.00s, 2.41MB read
  Socket errors: connect 0, read 3, write 0, timeout 1
  Non-2xx or 3xx responses: 7
Requests/sec:   9561.77
Transfer/sec:      1.20MB
";
        let result = parse(printed).expect("a result");
        let expected = WrkResult {
            requests: 19_133,
            per_second: 9_561.77,
            p50: Duration::from_micros(990),
            p99: Duration::from_micros(2_120),
            errors: 11,
        };
        assert_eq!(result, expected);
        assert_eq!(parse("unable to connect to 127.0.0.1:1 Connection refused"), None);
    }

    #[test]
    fn the_script_asks_for_the_numbers_in_turn() {
        let load = Load::closed(1).numbers([7, 8]).header("x-api-key", "a");
        let script = script(&load, "http://127.0.0.1:1/l/{n}?x");
        for part in ["wrk.headers[\"x-api-key\"] = \"a\"", "{7,8}", "\"/l/\" .. ", " .. \"?x\""] {
            assert!(script.contains(part), "{part} in {script}");
        }
        assert!(super::script(&load, "http://127.0.0.1:1/l").contains("\"/l\" .. \"\" .. \"\""));
    }
}
