//! A trace of requests to a web shop.

use std::fmt::Write;
use std::net::Ipv4Addr;

use super::DatasetError;
use crate::dist::{Distribution, LogNormal, Zipf};
use crate::rng::Rng;

/// Requests per second, on average.
const RATE_PER_SECOND: f64 = 200.0;
/// Of ten requests, this many come from one company, whose people share one /24 network.
const COMPANY_SHARE: f64 = 0.4;
const CLIENTS: usize = 500;
/// Path, share of the requests, and typical time of service in milliseconds.
const PATHS: [(&str, f64, f64); 5] = [
    ("/", 0.30, 4.0),
    ("/search", 0.25, 25.0),
    ("/product", 0.35, 8.0),
    ("/cart", 0.08, 12.0),
    ("/checkout", 0.02, 80.0),
];

/// One request of the trace.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceRow {
    /// Time of arrival since the start of the trace, in milliseconds.
    pub arrival_ms: f64,
    /// The address that the balancer sees.
    pub client: Ipv4Addr,
    /// What was asked for, without the query.
    pub path: String,
    /// How long an idle server of ordinary speed works on it, in milliseconds.
    pub service_ms: f64,
}

/// `count` requests: Poisson arrivals at 200 per second; clients by popularity (Zipf, alpha 0.9) from all over,
/// but 40% from one /24 network; service times log-normal around a typical time for each path.
pub fn make_requests(count: usize, seed: u64) -> Vec<TraceRow> {
    let mut rng = Rng::new(seed);
    let clients: Vec<Ipv4Addr> = (0..CLIENTS).map(|_| public_address(&mut rng)).collect();
    let popularity = Zipf::new(CLIENTS, 0.9);
    let mut now_ms = 0.0;
    let mut request = || {
        now_ms += rng.exponential(1_000.0 / RATE_PER_SECOND);
        let client = if rng.chance(COMPANY_SHARE) {
            // From 203.0.113.0/24, a network reserved for documentation (RFC 5737).
            Ipv4Addr::new(203, 0, 113, 1 + rng.below(250) as u8)
        } else {
            clients[popularity.sample(&mut rng)]
        };
        let (path, typical_ms) = choose_path(&mut rng);
        let service_ms = LogNormal { median: typical_ms, sigma: 0.6 }.sample(&mut rng);
        TraceRow {
            arrival_ms: (now_ms * 1e3).round() / 1e3,
            client,
            path: path.to_owned(),
            service_ms: (service_ms * 1e3).round() / 1e3,
        }
    };
    (0..count).map(|_| request()).collect()
}

/// An address outside the reserved and private ranges that matter here.
fn public_address(rng: &mut Rng) -> Ipv4Addr {
    loop {
        let address = Ipv4Addr::from_bits(rng.next_u64() as u32);
        let first = address.octets()[0];
        if (11..=223).contains(&first) && ![100, 127, 169, 172, 192, 198, 203].contains(&first) {
            return address;
        }
    }
}

fn choose_path(rng: &mut Rng) -> (&'static str, f64) {
    let mut left = rng.next_f64();
    for (path, share, typical_ms) in PATHS {
        left -= share;
        if left < 0.0 {
            return (path, typical_ms);
        }
    }
    (PATHS[0].0, PATHS[0].2)
}

/// The rows as the text of a file, with a heading line.
pub fn requests_csv(rows: &[TraceRow]) -> String {
    let mut csv = String::from("arrival_ms,client,path,service_ms\n");
    for row in rows {
        // Writing into a string cannot fail.
        let _ = writeln!(csv, "{:.3},{},{},{:.3}", row.arrival_ms, row.client, row.path, row.service_ms);
    }
    csv
}

pub(super) fn parse(csv: &str) -> Result<Vec<TraceRow>, DatasetError> {
    let rows = csv.lines().enumerate().skip(1);
    rows.map(|(number, line)| {
        parse_row(line).map_err(|problem| DatasetError::Malformed {
            file: "requests.csv",
            line: number + 1,
            problem,
        })
    })
    .collect()
}

fn parse_row(line: &str) -> Result<TraceRow, String> {
    let fields: Vec<&str> = line.split(',').collect();
    let [arrival, client, path, service] = fields[..] else {
        return Err(format!("{} fields where 4 are expected", fields.len()));
    };
    let number = |text: &str| text.parse::<f64>().map_err(|error| format!("{text:?}: {error}"));
    Ok(TraceRow {
        arrival_ms: number(arrival)?,
        client: client.parse().map_err(|error| format!("{client:?}: {error}"))?,
        path: path.to_owned(),
        service_ms: number(service)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_what_was_made() {
        let rows = make_requests(1_000, 3);
        assert_eq!(parse(&requests_csv(&rows)).unwrap(), rows);
        assert!(rows.is_sorted_by(|a, b| a.arrival_ms <= b.arrival_ms));
        let company = rows.iter().filter(|row| row.client.octets()[..3] == [203, 0, 113]).count();
        assert!((360..440).contains(&company), "{company}");
    }

    #[test]
    fn a_broken_line_is_named() {
        let error = parse("heading\n1.0,10.0.0.1,/\n").unwrap_err();
        assert_eq!(error.to_string(), "requests.csv, line 2: 3 fields where 4 are expected");
        let error = parse("heading\n1.0,10.0.0.1,/,2.0\nx,10.0.0.1,/,2.0\n").unwrap_err();
        assert!(error.to_string().starts_with("requests.csv, line 3: \"x\": "), "{error}");
    }
}
