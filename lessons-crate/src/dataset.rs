//! The data files of the course, by name.
//!
//! The files lie in `datasets/` beside the library; its README gives their columns, units, license and
//! checksums. All of them are made by the generators here, from fixed seeds, so they can be made again to the
//! byte, and in any size.
//!
//! | file | read with | made by |
//! |---|---|---|
//! | `words.txt` | [`words`] | [`make_words`] |
//! | `misspellings.txt` | [`misspellings`] | [`make_misspellings`] |
//! | `bookstore.csv` | [`bookstore`] | [`make_bookstore`] |
//! | `gateway_trace.csv` | [`gateway_trace`] | [`make_gateway_trace`] |
//! | `requests.csv` | [`requests`] | [`make_requests`] |
//! | `usl_runs.csv` | [`usl_runs`] | [`make_usl_runs`] |
//! | `http/access.csv` | [`access`] | [`make_access`] |
//! | `todo/seed.csv` | [`todos`] | [`make_todos`] |
//! | `net/routes.csv` | [`routes`] | [`make_routes`] |
//! | `net/rtt.csv` | [`round_trips`] | [`make_round_trips`] |
//! | `net/handshake.pcap` | [`handshake`] | [`make_handshake`] |

mod access;
mod bookstore;
mod gateway_trace;
mod handshake;
mod lexicon;
mod requests;
mod round_trips;
mod routes;
mod todos;
mod usl_runs;

use std::path::PathBuf;
use std::time::Duration;

pub use access::{AccessRow, access_csv, make_access};
pub use bookstore::{BOOKSTORE_COLUMNS, BookstoreRow, bookstore_csv, make_bookstore};
pub use gateway_trace::{GatewayRow, gateway_trace_csv, make_gateway_trace};
pub use handshake::make_handshake;
pub use lexicon::{make_misspellings, make_words};
pub use requests::{TraceRow, make_requests, requests_csv};
pub use round_trips::{make_round_trips, round_trips_csv};
pub use routes::{RouteRow, make_routes, routes_csv};
pub use todos::{TodoRow, make_todos, todos_csv};
pub use usl_runs::{make_usl_runs, usl_runs_csv};

use crate::net::{Capture, PcapError};

/// The environment variable that names another folder of data files.
const FOLDER_VARIABLE: &str = "SD35_DATASETS";

/// Why a data file could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The file is not there, or not readable.
    #[error("cannot read {}: {source} (set SD35_DATASETS to the course's datasets folder)", path.display())]
    Unreadable {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not what the README says.
    #[error("{file}, line {line}: {problem}")]
    Malformed {
        /// The file's name.
        file: &'static str,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A file of frames is none.
    #[error("{file}: {source}")]
    Capture {
        /// The file's name.
        file: &'static str,
        /// What is wrong with it.
        source: PcapError,
    },
}

/// Where a data file is: in the folder named by `SD35_DATASETS`, else in the one this library was built from.
pub fn path(name: &str) -> PathBuf {
    let folder = std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from);
    folder.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets"))).join(name)
}

/// The bytes of a data file.
///
/// # Errors
///
/// When the file cannot be read.
pub fn bytes(name: &str) -> Result<Vec<u8>, DatasetError> {
    let path = path(name);
    std::fs::read(&path).map_err(|source| DatasetError::Unreadable { path, source })
}

/// The text of a data file.
///
/// # Errors
///
/// When the file cannot be read.
pub fn text(name: &str) -> Result<String, DatasetError> {
    let path = path(name);
    std::fs::read_to_string(&path).map_err(|source| DatasetError::Unreadable { path, source })
}

/// 50,000 pseudo-words in alphabetical order, without duplicates.
///
/// # Errors
///
/// When the file cannot be read.
pub fn words() -> Result<Vec<String>, DatasetError> {
    Ok(text("words.txt")?.lines().map(str::to_owned).collect())
}

/// 50,000 misspellings: the i-th is one edit away from the i-th of [`words`], and is itself not a word.
///
/// # Errors
///
/// When the file cannot be read.
pub fn misspellings() -> Result<Vec<String>, DatasetError> {
    Ok(text("misspellings.txt")?.lines().map(str::to_owned).collect())
}

/// 10,000 requests to a web shop, in order of arrival.
///
/// # Errors
///
/// When the file cannot be read, or a line is not a request.
pub fn requests() -> Result<Vec<TraceRow>, DatasetError> {
    requests::parse(&text("requests.csv")?)
}

/// 5,000 order lines of a bookstore, in order of time.
///
/// # Errors
///
/// When the file cannot be read, or a line has too few values.
pub fn bookstore() -> Result<Vec<BookstoreRow>, DatasetError> {
    bookstore::parse(&text("bookstore.csv")?)
}

/// About 5,400 requests to an API, of tenants of four kinds, in order of arrival.
///
/// # Errors
///
/// When the file cannot be read, or a line is not a request.
pub fn gateway_trace() -> Result<Vec<GatewayRow>, DatasetError> {
    gateway_trace::parse(&text("gateway_trace.csv")?)
}

/// 50,000 requests to a web site, in order of arrival.
///
/// # Errors
///
/// When the file cannot be read, or a line is not a request.
pub fn access() -> Result<Vec<AccessRow>, DatasetError> {
    access::parse(&text("http/access.csv")?)
}

/// 200 things to do.
///
/// # Errors
///
/// When the file cannot be read, or a line is none.
pub fn todos() -> Result<Vec<TodoRow>, DatasetError> {
    todos::parse(&text("todo/seed.csv")?)
}

/// A benchmark of a service at twelve concurrencies, five runs each: pairs of concurrency and throughput in
/// requests per second.
///
/// # Errors
///
/// When the file cannot be read, or a line is not a run.
pub fn usl_runs() -> Result<Vec<(f64, f64)>, DatasetError> {
    usl_runs::parse(&text("usl_runs.csv")?)
}

/// 512 routes of a made-up company, 64 of them IPv6, in the order of their addresses.
///
/// # Errors
///
/// When the file cannot be read, or a line is not a route.
pub fn routes() -> Result<Vec<RouteRow>, DatasetError> {
    routes::parse(&text(routes::FILE)?)
}

/// 2,000 round trips of one path, one after the other, with a queue that fills and empties.
///
/// # Errors
///
/// When the file cannot be read, or a line is not a round trip.
pub fn round_trips() -> Result<Vec<Duration>, DatasetError> {
    round_trips::parse(&text(round_trips::FILE)?)
}

/// A made-up capture of 24 frames: a name looked up, a page over HTTP with one segment lost, the start of TLS.
///
/// # Errors
///
/// When the file cannot be read, or is no capture.
pub fn handshake() -> Result<Capture, DatasetError> {
    let file = handshake::FILE;
    Capture::read(&bytes(file)?).map_err(|source| DatasetError::Capture { file, source })
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use super::*;

    /// The first seed; each file has its own, or another generator.
    const SEED: u64 = 35;

    /// Every file as its generator makes it.
    fn made() -> Vec<(&'static str, Vec<u8>)> {
        let lines = |items: &[String]| items.iter().map(|item| format!("{item}\n")).collect::<String>();
        let words = make_words(50_000, SEED);
        let texts = [
            ("bookstore.csv", bookstore_csv(&make_bookstore(5_000, SEED + 3))),
            ("gateway_trace.csv", gateway_trace_csv(&make_gateway_trace(SEED + 3))),
            ("http/access.csv", access_csv(&make_access(50_000, SEED + 4))),
            ("misspellings.txt", lines(&make_misspellings(&words, SEED + 1))),
            ("requests.csv", requests_csv(&make_requests(10_000, SEED + 2))),
            ("todo/seed.csv", todos_csv(&make_todos(SEED + 5))),
            ("usl_runs.csv", usl_runs_csv(&make_usl_runs(SEED + 3))),
            ("words.txt", lines(&words)),
            (routes::FILE, routes_csv(&make_routes(512, SEED))),
            (round_trips::FILE, round_trips_csv(&make_round_trips(2_000, SEED))),
        ];
        let texts = texts.into_iter().map(|(name, text)| (name, text.into_bytes()));
        texts.chain([(handshake::FILE, make_handshake().write())]).collect()
    }

    /// With `SD35_WRITE_DATASETS=1`, writes the files instead of comparing them.
    #[test]
    fn files_are_what_the_generators_make_and_what_the_readme_says() {
        let readme = text("README.md").unwrap();
        if std::env::var_os("SD35_WRITE_DATASETS").is_some() {
            made().iter().for_each(|(name, made)| std::fs::write(path(name), made).unwrap());
        }
        for (name, made) in made() {
            assert!(bytes(name).unwrap() == made, "{name} differs from what its generator makes");
            assert!(made.len() < 1_000_000, "{name} has {} bytes", made.len());
            let (lines, bytes) = (made.iter().filter(|byte| **byte == b'\n').count(), made.len());
            let lines = if name.ends_with(".pcap") { "24 frames".to_owned() } else { lines.to_string() };
            let checksum = sha2::Sha256::digest(&made);
            let checksum: String = checksum.iter().map(|byte| format!("{byte:02x}")).collect();
            let row = format!("| `{name}` | {lines} | {bytes} | `{checksum}` |");
            assert!(readme.contains(&row), "datasets/README.md should have the row\n{row}");
        }
        assert_eq!((words().unwrap().len(), misspellings().unwrap().len()), (50_000, 50_000));
        assert_eq!(requests().unwrap().len(), 10_000);
        assert_eq!(bookstore().unwrap().len(), 5_000);
        assert_eq!(
            (access().unwrap(), todos().unwrap()),
            (make_access(50_000, SEED + 4), make_todos(SEED + 5))
        );
        assert_eq!((routes().unwrap().len(), round_trips().unwrap().len()), (512, 2_000));
        assert_eq!(handshake().unwrap(), make_handshake());
        let fit = crate::scalability::Usl::fit(&usl_runs().unwrap()).unwrap();
        assert!(fit.usl.peak().is_some_and(|peak| (40.0..48.0).contains(&peak)), "{fit:?}");
    }

    #[test]
    fn a_missing_file_says_what_to_do() {
        let error = text("no-such-file.txt").unwrap_err().to_string();
        assert!(error.contains("no-such-file.txt") && error.contains("SD35_DATASETS"), "{error}");
    }
}
