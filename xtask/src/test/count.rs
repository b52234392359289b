//! Runs commands and counts what they say of their checks.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::Result;

/// How many checks passed and failed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

/// Runs a command that passes or fails as a whole.
pub(super) fn whole(mut command: Command, counts: &mut Counts) -> Result<()> {
    let status = command
        .status()
        .map_err(|error| format!("{:?} could not be started: {error}", command.get_program()))?;
    if status.success() {
        counts.passed += 1;
        Ok(())
    } else {
        Err(format!("it ended with {status}"))
    }
}

/// Runs a command and counts what its lines report.
pub(super) fn counted(
    mut command: Command,
    counts: &mut Counts,
    count: fn(&str) -> (usize, usize),
) -> Result<()> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{:?} could not be started: {error}", command.get_program()))?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
            println!("{line}");
            let (passed, failed) = count(&line);
            counts.passed += passed;
            counts.failed += failed;
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}")) }
}

/// `test result: ok. 12 passed; 0 failed; ...`
pub(super) fn cargo_test_line(line: &str) -> (usize, usize) {
    let Some(rest) = line.strip_prefix("test result: ") else { return (0, 0) };
    let number = |word: &str| {
        let before = rest.split(word).next().unwrap_or_default();
        before.rsplit(' ').find_map(|part| part.parse().ok()).unwrap_or(0)
    };
    (number(" passed"), number(" failed"))
}

/// `ℹ pass 12` and `ℹ fail 0`, as Node's test runner closes.
pub(super) fn node_line(line: &str) -> (usize, usize) {
    let number = |word| line.strip_prefix(word).and_then(|number| number.parse().ok()).unwrap_or(0);
    (number("ℹ pass "), number("ℹ fail "))
}

/// `ok  name` or `FAILED  name: why`, as our scripts print; `DRIFT` as `sd35 check` says it.
pub(super) fn own_line(line: &str) -> (usize, usize) {
    match line.split_whitespace().next() {
        Some("ok") => (1, 0),
        Some("FAILED" | "DRIFT") => (0, 1),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_by_their_words() {
        assert_eq!(cargo_test_line("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured"), (12, 0));
        assert_eq!(cargo_test_line("test result: FAILED. 3 passed; 2 failed; 0 ignored"), (3, 2));
        assert_eq!(cargo_test_line("running 3 tests"), (0, 0));
        assert_eq!(node_line("ℹ pass 12"), (12, 0));
        assert_eq!(node_line("ℹ fail 2"), (0, 2));
        assert_eq!(node_line("✔ ℹ pass 12"), (0, 0));
        assert_eq!(own_line("  ok     d03-a (0.1 s)"), (1, 0));
        assert_eq!(own_line("  DRIFT  d03-a: line 1"), (0, 1));
        assert_eq!(own_line("FAILED page loads: why"), (0, 1));
        assert_eq!(own_line("okay"), (0, 0));
    }
}
