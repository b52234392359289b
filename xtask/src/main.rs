//! Starts the course, and tests it.
//!
//! ```text
//! cargo run --release [-- OPTIONS]          build what is missing, then `sd35 serve OPTIONS`
//! cargo run --release -- jupyter|check|...  the same, then that command of `sd35`
//! cargo xtask test [STEP...]                everything that must hold; --list names the steps
//! cargo xtask bench kernel                  the kernel beside the stock one; writes the book's page about it
//! cargo xtask wasm                          the modules of the explorables, built anew
//! ```

mod bench;
mod changed;
mod explorables;
mod launch;
mod progress;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.first().map(String::as_str) {
        Some("test") => test::run(&arguments[1..]),
        Some("bench") => bench::run(&arguments[1..]),
        Some(launch::BUILD) => launch::build_kernel(),
        Some("wasm") => explorables::run(),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => launch::run(&arguments),
    };
    result.unwrap_or_else(|message| {
        eprintln!("error: {message}");
        ExitCode::FAILURE
    })
}

const HELP: &str = "\
cargo run --release                    build what is missing and serve the book; prints the address to open
cargo run --release -- --port 9000     the same on another port
cargo run --release -- jupyter         the notebooks in JupyterLab
cargo run --release -- check 3         run the cells of day 3 and compare with the recorded outputs
cargo xtask test                       install what the tests need, then run them all
cargo xtask test --list                the names of the steps
cargo xtask test page                  one step
cargo xtask test --changed             only what your changes since the branch `main` can touch
cargo xtask bench kernel               how fast cells are, beside the stock kernel
cargo xtask bench lab                  how fast servers start, fail over, and leave nothing behind
cargo xtask bench first                how long a new reader waits for the page, and for the first result
cargo xtask wasm                       the modules that draw the explorables, built anew
";

/// One sentence for the person at the terminal.
type Result<T> = std::result::Result<T, String>;

/// The folder of the course.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// The folder with the finished programs: this one is among them.
fn release_folder() -> Result<PathBuf> {
    let here =
        std::env::current_exe().map_err(|error| format!("cannot find this program's own file: {error}"))?;
    Ok(here.parent().unwrap_or(Path::new("target/release")).to_owned())
}
