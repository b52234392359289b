//! An access log of a web site.

use std::fmt::Write;

use super::DatasetError;
use crate::dist::{Distribution, LogNormal, Zipf};
use crate::rng::Rng;

const URLS: usize = 5_000;
const ALPHA: f64 = 0.9;
/// Requests per second.
const RATE: f64 = 60.0;
/// The share of URLs whose content changes; the others carry a version in their name.
const MUTABLE: f64 = 0.2;

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessRow {
    /// Milliseconds since the start.
    pub t_ms: u64,
    /// Which URL, from 0 for the most popular.
    pub url_id: u32,
    /// Bytes of the content: the same for each request of a URL.
    pub bytes: u32,
    /// Whether the content behind the URL changes.
    pub mutable: bool,
}

/// `count` requests, in order of arrival: Poisson, 60 per second, for 5,000 URLs by Zipf's law with α = 0.9. A fifth of
/// the URLs are mutable. Sizes are log-normal around 8 kB.
pub fn make_access(count: usize, seed: u64) -> Vec<AccessRow> {
    let mut rng = Rng::new(seed);
    let sizes = LogNormal::with_mean(8_000.0, 1.0);
    let urls: Vec<(u32, bool)> = (0..URLS)
        .map(|_| ((sizes.sample(&mut rng) as u32).clamp(100, 99_999), rng.chance(MUTABLE)))
        .collect();
    let (popular, mut time) = (Zipf::new(URLS, ALPHA), 0.0);
    let rows = (0..count).map(|_| {
        time += rng.exponential(1_000.0 / RATE);
        let url = popular.sample(&mut rng);
        let (bytes, mutable) = urls[url];
        AccessRow { t_ms: time as u64, url_id: url as u32, bytes, mutable }
    });
    rows.collect()
}

/// The requests as the text of a file, with a heading line.
pub fn access_csv(rows: &[AccessRow]) -> String {
    let mut csv = String::from("t_ms,url_id,bytes,mutable\n");
    for row in rows {
        // Writing into a string cannot fail.
        let _ = writeln!(csv, "{},{},{},{}", row.t_ms, row.url_id, row.bytes, u8::from(row.mutable));
    }
    csv
}

pub(super) fn parse(csv: &str) -> Result<Vec<AccessRow>, DatasetError> {
    let rows = csv.lines().enumerate().skip(1);
    rows.map(|(number, line)| {
        let fields: Vec<Option<u64>> = line.split(',').map(|field| field.parse().ok()).collect();
        match fields[..] {
            [Some(t_ms), Some(url), Some(bytes), Some(mutable @ 0..=1)] => {
                Ok(AccessRow { t_ms, url_id: url as u32, bytes: bytes as u32, mutable: mutable == 1 })
            }
            _ => Err(DatasetError::Malformed {
                file: "http/access.csv",
                line: number + 1,
                problem: format!("{line:?} is not three numbers and a 0 or 1"),
            }),
        }
    })
    .collect()
}
