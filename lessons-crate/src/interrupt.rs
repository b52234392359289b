//! Stopping long work when the reader asks for it.
//!
//! A cell that loops for ever must stop without taking the reader's variables with it. So loops ask, at
//! every turn, whether they should stop: [`checkpoint`] is one relaxed atomic load, and unwinds when the
//! answer is yes. The kernel writes a call into every loop of a cell; long loops of this library call it
//! themselves.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// What an interrupted piece of work unwinds with.
#[derive(Clone, Copy, Debug)]
pub struct Interrupted;

/// Returns when work may go on; unwinds with [`Interrupted`] when it was asked to stop.
///
/// # Panics
///
/// Unwinds, without a panic message, after [`request`].
pub fn checkpoint() {
    if REQUESTED.load(Ordering::Relaxed) {
        unwind();
    }
}

#[cold]
fn unwind() -> ! {
    std::panic::resume_unwind(Box::new(Interrupted))
}

/// Whether someone asked for the work to stop.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Asks the running work to stop at its next [`checkpoint`].
pub fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Forgets an earlier [`request`].
pub fn clear() {
    REQUESTED.store(false, Ordering::Relaxed);
}
