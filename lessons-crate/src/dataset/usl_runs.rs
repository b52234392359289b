//! A benchmark of a service at rising concurrency.

use std::fmt::Write;

use super::DatasetError;
use crate::rng::Rng;
use crate::scalability::Usl;

/// What the service really does; a fit should find it.
const LAW: Usl = Usl { gamma: 950.0, alpha: 0.03, beta: 0.0005 };
const LEVELS: [u32; 12] = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128];
const RUNS: usize = 5;
/// The standard deviation of a run, as a share of its throughput.
const NOISE: f64 = 0.02;

/// Five runs at each of twelve concurrencies: pairs of concurrency and throughput (requests per second). They
/// follow the universal scalability law with γ = 950, α = 0.03 and β = 0.0005, with 2% noise.
pub fn make_usl_runs(seed: u64) -> Vec<(f64, f64)> {
    let mut rng = Rng::new(seed);
    let levels = LEVELS.iter().flat_map(|&n| [f64::from(n); RUNS]);
    levels.map(|n| (n, LAW.throughput(n) * (1.0 + NOISE * rng.standard_normal()))).collect()
}

/// The pairs as the text of a file, with a heading line and the number of each run.
pub fn usl_runs_csv(runs: &[(f64, f64)]) -> String {
    let mut csv = String::from("n,run,rps\n");
    for (index, (n, rps)) in runs.iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = writeln!(csv, "{n},{},{rps:.1}", index % RUNS + 1);
    }
    csv
}

pub(super) fn parse(csv: &str) -> Result<Vec<(f64, f64)>, DatasetError> {
    let rows = csv.lines().enumerate().skip(1);
    rows.map(|(number, line)| {
        let fields: Vec<Option<f64>> = line.split(',').map(|field| field.parse().ok()).collect();
        match fields[..] {
            [Some(n), Some(_), Some(rps)] => Ok((n, rps)),
            _ => Err(DatasetError::Malformed {
                file: "usl_runs.csv",
                line: number + 1,
                problem: format!("{line:?} is not three numbers"),
            }),
        }
    })
    .collect()
}
