//! A trace of requests to an API, of tenants that behave differently.

use std::fmt::Write;
use std::time::Duration;

use super::DatasetError;
use crate::rng::Rng;

/// How long the trace is, in seconds.
const SECONDS: u64 = 30;
/// How many tenants there are of each of the first two classes.
const STEADY: u64 = 20;
const BURSTY: u64 = 5;

/// One request of the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayRow {
    /// Time of arrival since the start of the trace, in whole microseconds.
    pub arrival: Duration,
    /// Who sends it.
    pub tenant: String,
    /// How this tenant behaves: `steady`, `bursty`, `boundary` or `scraper`.
    pub class: String,
}

/// 30 seconds of requests, in order of arrival: 20 steady tenants with 4 per second each, at random times; 5 bursty
/// ones, each of which sends 40 within a tenth of a second, every 5 seconds; one that sends 10 just before and 10
/// just after every second full second; and one that sends 50 per second, at random times.
pub fn make_gateway_trace(seed: u64) -> Vec<GatewayRow> {
    let mut rng = Rng::new(seed);
    // Microseconds, class, number of the tenant.
    let mut rows: Vec<(u64, &str, u64)> = Vec::new();
    let mut poisson = |class, tenant, per_second: f64| {
        let mut rng = rng.split();
        let mut at = rng.exponential(1e6 / per_second);
        while at < (SECONDS * 1_000_000) as f64 {
            rows.push((at as u64, class, tenant));
            at += rng.exponential(1e6 / per_second);
        }
    };
    (1..=STEADY).for_each(|tenant| poisson("steady", tenant, 4.0));
    poisson("scraper", 1, 50.0);
    for tenant in 1..=BURSTY {
        for burst in 0..SECONDS / 5 {
            let start = 5_000_000 * burst + 1_000_000 * (tenant - 1) + rng.below(500_000);
            rows.extend((0..40).map(|_| (start + rng.below(100_000), "bursty", tenant)));
        }
    }
    for second in (1..SECONDS).step_by(2) {
        let boundary = 1_000_000 * second;
        for _ in 0..10 {
            rows.push((boundary - 1 - rng.below(10_000), "boundary", 1));
            rows.push((boundary + rng.below(10_000), "boundary", 1));
        }
    }
    rows.sort_unstable();
    let row = |(micros, class, tenant): (u64, &str, u64)| GatewayRow {
        arrival: Duration::from_micros(micros),
        tenant: format!("{class}-{tenant}"),
        class: class.to_owned(),
    };
    rows.into_iter().map(row).collect()
}

/// The rows as the text of a file, with a heading line.
pub fn gateway_trace_csv(rows: &[GatewayRow]) -> String {
    let mut csv = String::from("arrival_us,tenant,class\n");
    for row in rows {
        // Writing into a string cannot fail.
        let _ = writeln!(csv, "{},{},{}", row.arrival.as_micros(), row.tenant, row.class);
    }
    csv
}

pub(super) fn parse(csv: &str) -> Result<Vec<GatewayRow>, DatasetError> {
    let rows = csv.lines().enumerate().skip(1);
    let malformed = |number: usize, problem| DatasetError::Malformed {
        file: "gateway_trace.csv",
        line: number + 1,
        problem,
    };
    rows.map(|(number, line)| {
        let fields: Vec<&str> = line.split(',').collect();
        let [arrival, tenant, class] = fields[..] else {
            return Err(malformed(number, format!("{} fields where 3 are expected", fields.len())));
        };
        let micros = arrival.parse().map_err(|error| malformed(number, format!("{arrival:?}: {error}")))?;
        Ok(GatewayRow {
            arrival: Duration::from_micros(micros),
            tenant: tenant.to_owned(),
            class: class.to_owned(),
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_what_was_made() {
        let rows = make_gateway_trace(3);
        assert_eq!(parse(&gateway_trace_csv(&rows)).unwrap(), rows);
        assert!(rows.is_sorted_by_key(|row| row.arrival));
        let count = |class: &str| rows.iter().filter(|row| row.class == class).count();
        assert_eq!((count("bursty"), count("boundary")), (5 * 6 * 40, 15 * 20));
        // Poisson counts of 2,400 and 1,500: within four standard deviations.
        assert!(count("steady").abs_diff(2_400) < 196 && count("scraper").abs_diff(1_500) < 155);
    }

    #[test]
    fn a_broken_line_is_named() {
        let error = parse("heading\n1,a\n").unwrap_err().to_string();
        assert_eq!(error, "gateway_trace.csv, line 2: 2 fields where 3 are expected");
        let error = parse("heading\n1,a,b\nx,a,b\n").unwrap_err().to_string();
        assert!(error.starts_with("gateway_trace.csv, line 3: \"x\": "), "{error}");
    }
}
