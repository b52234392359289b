//! Starts that fail, and what is said of them.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use super::*;
use crate::ground::program::Found;

/// Runs a line of shell as a server that never answers.
async fn run(line: &str) -> LabError {
    let found = Found { path: "/bin/sh".into(), version: "1.0".into() };
    let ready: Ready = Arc::new(|_| Box::pin(async { Err(LabError::answer("x", "not yet")) }));
    let mut launch = Launch::new(found, ready).arguments(["-c", line]);
    launch.limit = Duration::from_millis(300);
    let place = Place::new("shell", None).expect("a place");
    let folder = place.folder().to_owned();
    let error = place.start(launch).await.expect_err("it cannot become ready");
    assert!(!folder.exists() && process::of_folder(&folder).is_empty());
    error
}

#[tokio::test]
async fn a_server_that_dies_shows_the_end_of_its_log() {
    let error = run("seq 100; exit 3").await;
    assert!(matches!(&error, LabError::Died { log, .. } if log.starts_with("89\n")), "{error}");
    assert!(error.to_string().contains("exit status: 3"), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let error = run("echo working on it; sleep 1000").await;
    let LabError::Slow { answer, log, .. } = error else { panic!("{error}") };
    assert!(answer.contains("not yet") && log.contains("working on it"));
}

#[tokio::test]
async fn a_full_disk_and_a_taken_port_are_read_from_the_log() {
    // /dev/full refuses every byte, as a full disk does.
    let error = run("cat /etc/passwd > /dev/full").await;
    assert!(matches!(error, LabError::DiskFull { .. }), "{error}");
    let error = run("echo 'bind() failed: Address already in use'; exit 1").await;
    assert!(matches!(error, LabError::PortTaken { .. }), "{error}");
}

#[test]
fn a_full_disk_is_told_apart_when_we_write() {
    let full = Path::new("/dev/full");
    let error = File::options().write(true).open(full).expect("opens").write_all(b"x");
    let error = LabError::writing("Redis", full, error.expect_err("full"));
    assert!(matches!(error, LabError::DiskFull { .. }), "{error}");
}
