//! The door of the wasm module: text in and out through its memory, without imports.
//!
//! The page calls `input(length)`, writes a question in UTF-8 where it points to, calls `answer()`, and reads
//! `output_length()` bytes from where that points to.

#![expect(unsafe_code, reason = "the only way to give a function a name that JavaScript can call")]

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What came in, and what goes out. There is one thread.
static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<String> = Mutex::new(String::new());

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

/// Answers the question, and says where the answer is.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn answer() -> *const u8 {
    let question = std::mem::take(&mut *lock(&INPUT));
    let mut output = lock(&OUTPUT);
    *output = crate::answer(&String::from_utf8_lossy(&question));
    output.as_ptr()
}

/// How many bytes the answer has.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn output_length() -> usize {
    lock(&OUTPUT).len()
}
