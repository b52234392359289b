//! The command `sd35`: serve the book, run a kernel, build notebooks, check the recorded outputs.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use kernel_ext::commands;

/// System Design in 35 Days: the book, its kernel, its notebooks.
#[derive(Debug, Parser)]
#[command(name = "sd35", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the book on this machine, with a kernel behind its cells.
    Serve(commands::serve::Options),
    /// Write the site and one notebook per lesson.
    Build(commands::build::Options),
    /// Run every cell of the book (or of some days) from a fresh kernel and compare with what is recorded.
    Check(commands::check::Options),
    /// Show what you have done so far: exercises, questions, cards.
    Progress(commands::progress::Options),
    /// Open JupyterLab on the notebooks.
    Jupyter(commands::jupyter::Options),
    /// The servers of the lessons: doctor, up, status, down, install.
    Lab(commands::lab::Options),
    /// The Jupyter kernel.
    #[command(subcommand)]
    Kernel(Kernel),
}

#[derive(Debug, Subcommand)]
enum Kernel {
    /// Register the kernel with Jupyter.
    Install(commands::kernel::Location),
    /// Remove the kernel from Jupyter.
    Uninstall(commands::kernel::Location),
    /// Run a kernel; Jupyter and `sd35 serve` start it.
    Run {
        #[command(flatten)]
        run: Run,
        /// Files that `jupyter run` also hands to its client, which sends their text.
        #[arg(hide = true)]
        files: Vec<PathBuf>,
    },
    /// Prepare the library, so that the first kernel starts at once.
    #[command(hide = true)]
    Prepare {
        /// And its documentation, to which lessons link.
        #[arg(long)]
        pages: bool,
    },
    /// Clean up after a kernel; every kernel starts one.
    #[command(hide = true)]
    Guard {
        /// The kernel's process id.
        kernel: u32,
        /// Its temporary folder.
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Run {
    /// Jupyter's connection file: speak ZeroMQ.
    #[arg(long, value_name = "FILE")]
    connection_file: Option<PathBuf>,
    /// Speak the same messages as lines of JSON on standard input and output.
    #[arg(long)]
    lines: bool,
}

fn main() -> ExitCode {
    // The process that runs cells is this same program; it does not return from here.
    evcxr::runtime_hook();
    let result = match Cli::parse().command {
        Command::Serve(options) => commands::serve::run(&options),
        Command::Build(options) => commands::build::run(&options),
        Command::Check(options) => commands::check::run(&options),
        Command::Progress(options) => commands::progress::run(&options),
        Command::Jupyter(options) => commands::jupyter::run(&options),
        Command::Lab(options) => commands::lab::run(&options),
        Command::Kernel(Kernel::Install(location)) => commands::kernel::install(&location),
        Command::Kernel(Kernel::Uninstall(location)) => commands::kernel::uninstall(&location),
        Command::Kernel(Kernel::Prepare { pages }) => commands::kernel::prepare(pages),
        Command::Kernel(Kernel::Guard { kernel, folder }) => Ok(commands::kernel::guard(kernel, &folder)),
        Command::Kernel(Kernel::Run { run, .. }) => commands::kernel::run(run.connection_file.as_deref()),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            // One line, outermost reason first; a backtrace would help nobody who reads this.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
