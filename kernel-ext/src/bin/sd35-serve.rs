//! Serves the book while the kernel is still being built; see `kernel_ext::commands::serve`.

use std::process::ExitCode;

use clap::Parser;
use kernel_ext::commands::serve;

/// System Design in 35 Days: the book.
#[derive(Debug, Parser)]
#[command(name = "sd35-serve", version)]
struct Cli {
    #[command(flatten)]
    options: serve::Options,
    /// How this program calls itself for a kernel.
    #[arg(hide = true, value_parser = [serve::AWAIT_KERNEL])]
    kernel: Option<String>,
}

fn main() -> ExitCode {
    let Cli { options, kernel } = Cli::parse();
    let result = if kernel.is_some() { serve::await_kernel() } else { serve::run_ahead(&options) };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
