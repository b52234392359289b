//! Real servers: started, used, broken, and gone without a trace.
#![cfg(unix)]

mod balancer;
mod coordination;
#[cfg(feature = "sql")]
mod databases;
mod documents;
mod errors;
mod front;
mod gateway;
mod grpc;
mod handle;
mod key_value;
mod link;
mod lists;
mod load;
mod neighbors;
mod queues;
mod routers;
mod service;
mod stand_in;
mod streams;
mod web;

use std::future::Future;
use std::time::{Duration, Instant};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Looks every few milliseconds until `done`; fails the test after 20 s.
async fn until<F: Future<Output = bool>>(what: &str, mut done: impl FnMut() -> F) -> Duration {
    let begun = Instant::now();
    while !done().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    begun.elapsed()
}

/// The PATH, with the Python tools of the tests, where SecantusDB is: beside the folder of this program.
fn path_with_tools() -> Result<String, Box<dyn std::error::Error>> {
    let here = std::env::current_exe()?;
    let tools = here.ancestors().nth(3).ok_or("a target folder")?.join("test-venv/bin");
    if !tools.join("secantusd-py").exists() {
        return Err(format!("no SecantusDB in {}: cargo xtask test packages", tools.display()).into());
    }
    Ok(format!("{}:{}", std::env::var("PATH")?, tools.display()))
}

/// The processes that the lab started for this folder and that still live.
fn processes_of(folder: &std::path::Path) -> Vec<String> {
    let mark = format!("SD35_LAB_FOLDER={}", folder.display());
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    entries
        .filter(|entry| {
            let process = entry.path();
            let environment = std::fs::read(process.join("environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment).split('\0').any(|variable| variable == mark)
                || std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder))
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}
