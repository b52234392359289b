//! Stands in front of `cargo`, `rustc` and `rustup` while cells are compiled.

use std::process::ExitCode;

fn main() -> ExitCode {
    front::tools::run()
}
