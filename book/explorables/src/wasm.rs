//! The door of a figure's module: text in and out through its memory, without imports.
//!
//! The page calls `main(0, 0)` once, which says whose door this is. To ask, it calls `input(length)`, writes a question
//! in UTF-8 where that points to, calls `answer()`, and reads `output_length()` bytes from where that points to.

#![expect(unsafe_code, reason = "the only way to give a function a name that JavaScript can call")]

use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::Explorable;

/// The figure, what came in, and what goes out. There is one thread.
static EXPLORABLE: OnceLock<Explorable> = OnceLock::new();
static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<String> = Mutex::new(String::new());

/// Called by `main`: from now on the figure answers.
pub(crate) fn open(explorable: Explorable) -> ExitCode {
    // A second call changes nothing.
    let _ = EXPLORABLE.set(explorable);
    ExitCode::SUCCESS
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes room for a question of this many bytes, and says where.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn input(length: usize) -> *mut u8 {
    let mut input = lock(&INPUT);
    input.clear();
    input.resize(length, 0);
    input.as_mut_ptr()
}

/// Answers the question, and says where the answer is; nothing before `main` was called.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn answer() -> *const u8 {
    let question = std::mem::take(&mut *lock(&INPUT));
    let mut output = lock(&OUTPUT);
    *output = EXPLORABLE
        .get()
        .map_or_else(String::new, |explorable| explorable.answer(&String::from_utf8_lossy(&question)));
    output.as_ptr()
}

/// How many bytes the answer has.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn output_length() -> usize {
    lock(&OUTPUT).len()
}
