//! Why the process that held the variables is gone.

use super::controls::Running;
use super::output::Panic;
use super::{Failure, GRACE};

/// The failure for a reader whose cell's process is gone.
pub(super) fn failure(message: &str, running: &Running, panic: Option<&Panic>) -> Failure {
    let after = "Its variables are gone; functions, types and imports are kept. \
                 Run the cells that made the variables again.";
    if running.killed {
        let value = format!("did not stop within {} s, so its process was ended", GRACE.as_secs());
        return Failure::new("Interrupted", value).with(after);
    }
    let status = message.rsplit("status: ").next().unwrap_or(message).trim();
    let value = if status.contains("signal: 9") {
        "the process was killed from outside, perhaps because memory ran out (signal 9)".to_owned()
    } else if status.contains("signal: 6") {
        "the cell aborted its process: not enough memory, or `std::process::abort` (signal 6)".to_owned()
    } else if status.contains("signal: 11") {
        "the cell crashed its process: a recursion without end, or unsafe code (signal 11)".to_owned()
    } else if status.contains("signal") {
        format!("the cell crashed its process ({status})")
    } else {
        format!("the cell ended its process ({status})")
    };
    let mut failure = Failure::new("ProcessEnded", value);
    if let Some(panic) = panic {
        failure = failure.with(format!("  {}", panic.message));
    }
    failure.with(after)
}
