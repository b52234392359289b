//! Stopping long work when the reader asks for it.
//!
//! A cell that loops for ever must stop without taking the reader's variables with it. So loops ask, at
//! every turn, whether they should stop: [`checkpoint`] is one relaxed atomic load, and unwinds when the
//! answer is yes. The kernel writes a call into every loop of a cell; long loops of this library call it
//! themselves.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);
/// Whom the request is for: everyone, or the worker of this number.
static ADDRESSEE: AtomicU64 = AtomicU64::new(EVERYONE);
const EVERYONE: u64 = 0;

thread_local! {
    /// The number of this thread, when it is a worker that can be stopped alone.
    static WORKER: Cell<u64> = const { Cell::new(EVERYONE) };
}

/// What an interrupted piece of work unwinds with.
#[derive(Clone, Copy, Debug)]
pub struct Interrupted;

/// Returns when work may go on; unwinds with [`Interrupted`] when it was asked to stop.
///
/// # Panics
///
/// Unwinds, without a panic message, after [`request`].
pub fn checkpoint() {
    if REQUESTED.load(Ordering::Relaxed) && for_this_thread() {
        std::panic::resume_unwind(Box::new(Interrupted))
    }
}

#[cold]
fn for_this_thread() -> bool {
    let addressee = ADDRESSEE.load(Ordering::Relaxed);
    addressee == EVERYONE || addressee == WORKER.get()
}

/// Whether someone asked for the work of this thread to stop.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed) && for_this_thread()
}

/// Asks the running work to stop at its next [`checkpoint`].
pub fn request() {
    ADDRESSEE.store(EVERYONE, Ordering::Relaxed);
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Forgets an earlier [`request`].
pub fn clear() {
    REQUESTED.store(false, Ordering::Relaxed);
}

/// Makes the calling thread the worker of this number (not 0), which [`request_of`] can stop alone. Who made it
/// one catches its panics and reports them.
#[doc(hidden)]
pub fn become_worker(number: u64) {
    WORKER.set(number);
}

/// Whether this thread is a worker: a panic hook should then print nothing.
#[doc(hidden)]
pub fn is_worker() -> bool {
    WORKER.get() != EVERYONE
}

/// Asks one worker to stop, and no other thread. Gives way to a [`request`] for everyone.
#[doc(hidden)]
pub fn request_of(worker: u64) {
    if !REQUESTED.load(Ordering::Relaxed) {
        ADDRESSEE.store(worker, Ordering::Relaxed);
        REQUESTED.store(true, Ordering::Relaxed);
    }
}

/// Forgets an earlier [`request_of`] this worker, and no other request.
#[doc(hidden)]
pub fn clear_of(worker: u64) {
    if ADDRESSEE.load(Ordering::Relaxed) == worker {
        clear();
    }
}
