//! `eprintln!`, `eprint!` and `dbg!` of a cell.
//!
//! Two streams that are read apart lose their common order. So in a cell these macros send what they print
//! through the stream that carries everything else, marked as what it is. What other crates and programs
//! write to standard error still takes that way, and is in order with itself only.

use std::fmt::Arguments;

use serde_json::json;

/// Prints to standard error, in order with everything that the cell shows.
#[doc(hidden)]
pub fn print_stderr(text: Arguments<'_>) {
    if super::attached() {
        super::frame(&json!({ "kind": "stderr", "text": text.to_string() }));
    } else {
        std::eprint!("{text}");
    }
}

/// `eprint!` in a cell.
#[doc(hidden)]
#[macro_export]
macro_rules! cell_eprint {
    ($($arguments:tt)*) => { $crate::print_stderr(::std::format_args!($($arguments)*)) };
}

/// `eprintln!` in a cell.
#[doc(hidden)]
#[macro_export]
macro_rules! cell_eprintln {
    () => { $crate::print_stderr(::std::format_args!("\n")) };
    ($($arguments:tt)*) => {
        $crate::print_stderr(::std::format_args!("{}\n", ::std::format_args!($($arguments)*)))
    };
}

/// `dbg!` in a cell, whose file and column mean nothing to the reader.
#[doc(hidden)]
#[macro_export]
macro_rules! cell_dbg {
    () => { $crate::cell_eprintln!("[line {}]", ::std::line!()) };
    ($value:expr $(,)?) => {
        // A match, as in the standard library, so that temporaries live as long as the value.
        match $value {
            value => {
                $crate::cell_eprintln!("{} = {:#?}", ::std::stringify!($value), &value);
                value
            }
        }
    };
    ($($value:expr),+ $(,)?) => { ($($crate::cell_dbg!($value)),+,) };
}

#[doc(hidden)]
pub use crate::{cell_dbg as dbg, cell_eprint as eprint, cell_eprintln as eprintln};
