//! Round trips of one path.

use std::fmt::Write;
use std::time::Duration;

use super::DatasetError;
use crate::dist::{Distribution, LogNormal};
use crate::rng::Rng;

/// The file's name.
pub(super) const FILE: &str = "net/rtt.csv";
/// The mean without a queue, in microseconds, and the spread of its logarithm.
const MEAN_US: f64 = 42_000.0;
const SIGMA: f64 = 0.08;
/// When a queue on the way fills and empties again, as shares of the run, and what it adds at most, in microseconds.
const EPISODE: (f64, f64) = (0.6, 0.75);
const QUEUE_US: f64 = 160_000.0;

/// So many round trips, one after the other: log-normal around 42 ms, and for a sixth of the run a queue that fills to
/// 160 ms and empties again.
pub fn make_round_trips(count: usize, seed: u64) -> Vec<Duration> {
    let (mut rng, usual) = (Rng::new(seed), LogNormal::with_mean(MEAN_US, SIGMA));
    let (begin, end) = EPISODE;
    let made = (0..count).map(|number| {
        let at = (number as f64 / count as f64 - begin) / (end - begin);
        // Up quickly, down slowly, as a queue before a link does.
        let fill =
            if (0.0..1.0).contains(&at) { (at * 4.0).min(1.0) * (1.0 - at).min(0.5) * 2.0 } else { 0.0 };
        let queue = QUEUE_US * fill * (0.8 + 0.4 * rng.next_f64());
        Duration::from_micros((usual.sample(&mut rng) + queue) as u64)
    });
    made.collect()
}

/// The round trips as the text of a file, with a heading line.
pub fn round_trips_csv(round_trips: &[Duration]) -> String {
    let mut csv = String::from("seq,rtt_us\n");
    for (number, round_trip) in round_trips.iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = writeln!(csv, "{},{}", number + 1, round_trip.as_micros());
    }
    csv
}

pub(super) fn parse(csv: &str) -> Result<Vec<Duration>, DatasetError> {
    let rows = csv.lines().enumerate().skip(1);
    rows.map(|(number, line)| {
        let micros = line.split_once(',').and_then(|(_, micros)| micros.parse().ok());
        micros.map(Duration::from_micros).ok_or_else(|| DatasetError::Malformed {
            file: FILE,
            line: number + 1,
            problem: format!("{line:?} is not a number and microseconds"),
        })
    })
    .collect()
}
