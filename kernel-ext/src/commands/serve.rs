//! `sd35 serve`: the book in the browser, with a kernel behind its cells.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result};
use clap::Args;
use tempfile::TempDir;

#[cfg(feature = "cells")]
use crate::library::Library;
use crate::{building, paths, private, web};

/// How to serve.
#[derive(Debug, Args)]
pub struct Options {
    /// The port on this machine; 0 takes any that is free.
    #[arg(long, default_value_t = web::PORT)]
    port: u16,
    /// The token that the address must carry; by default one of this user and folder. Others on this machine can
    /// read it in the list of processes.
    #[arg(long)]
    token: Option<String>,
    /// Let the pages also run cells on the Jupyter Server or JupyterHub at this address; may be given again.
    #[arg(long, value_name = "URL", value_parser = web::origin)]
    jupyter: Vec<String>,
    /// Open the browser.
    #[arg(long)]
    open: bool,
}

/// Prepares what is missing, serves until it is interrupted, and leaves nothing running.
///
/// # Errors
///
/// One sentence each: a chapter with a mistake, a library that does not compile, a port that is taken, a
/// full disk.
#[cfg(feature = "cells")]
pub fn run(options: &Options) -> Result<ExitCode> {
    serve(options, web::Options::new(paths::site())?, || {
        let library = Library::prepare(&mut |step| println!("{step}"))?;
        // No page waits for what it only links to.
        Ok(async move {
            if let Err(error) = library.write_pages(&paths::library_pages()).await {
                eprintln!("the documentation of the library could not be written: {error:#}");
            }
        })
    })
}

/// The same while the kernel and the library are still being built: kernels wait for that.
///
/// # Errors
///
/// As [`run`].
pub fn run_ahead(options: &Options) -> Result<ExitCode> {
    let mut web = web::Options::new(paths::site())?;
    web.command = vec![building::program("sd35-serve").into(), AWAIT_KERNEL.into()];
    serve(options, web, || Ok(std::future::ready(())))
}

/// What the server calls itself with for a kernel.
pub const AWAIT_KERNEL: &str = "await-kernel";

/// Becomes a kernel, as soon as there is one.
///
/// # Errors
///
/// Fails when the kernel could not be built.
pub fn await_kernel() -> Result<ExitCode> {
    building::wait();
    let error = Command::new(building::program("sd35")).args(["kernel", "run", "--lines"]).exec();
    Err(error).context("there is no kernel: building it failed, for the reason in the terminal")
}

/// Serves the book; `prepare` makes what it needs besides, and says what can be done later.
fn serve<L: Future<Output = ()> + Send + 'static>(
    options: &Options,
    mut web: web::Options,
    prepare: impl FnOnce() -> Result<L>,
) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        web.port = options.port;
        let kept = || web::token::kept(web::token::file(&web.site).as_deref());
        web.token = Some(options.token.clone().unwrap_or_else(kept));
        web.jupyter.clone_from(&options.jupyter);
        // The port comes first: nothing is prepared for a server that cannot start.
        let server = web::Server::bind(web).await?;
        super::say_if_root();
        let later = prepare()?;
        super::site::write()?;
        // Whoever reads the address may stop the server at once.
        let stop = web::asked_to_stop()?;
        let url = server.url();
        println!("\nThe book is open at\n\n    {url}\n\nCtrl+C stops it. Kernels stop with it.");
        std::io::stdout().flush()?;
        // The browser may take its time to read the file.
        let _opened = if options.open { open_browser(&url) } else { None };
        tokio::spawn(later);
        server.run_until(stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Best effort: the address is on the screen anyway. The browser is given a file that leads to the address, in a
/// folder of this user alone: what stands on its command line, everyone on this machine can read.
fn open_browser(url: &str) -> Option<TempDir> {
    let folder = private::folder("sd35-open-", &std::env::temp_dir()).ok()?;
    let file = folder.path().join("book.html");
    // The address holds no character that means something in HTML.
    let page = format!(
        "<!doctype html><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={url}\"><title>System Design in 35 Days</title>\n\
         <p><a href=\"{url}\">Open the book</a></p>\n"
    );
    std::fs::write(&file, page).ok()?;
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = || Stdio::null();
    let _ = Command::new(program).arg(&file).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
    Some(folder)
}
