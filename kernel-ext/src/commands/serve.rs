//! `sd35 serve`: the book in the browser, with a kernel behind its cells.

use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};

use anyhow::Result;
use clap::Args;

use crate::library::Library;
use crate::{paths, web};

/// How to serve.
#[derive(Debug, Args)]
pub struct Options {
    /// The port on this machine; 0 takes any that is free.
    #[arg(long, default_value_t = web::PORT)]
    port: u16,
    /// The token that the address must carry; a new one by default.
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
pub fn run(options: &Options) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut web = web::Options::new(paths::site())?;
        web.port = options.port;
        web.token.clone_from(&options.token);
        web.jupyter.clone_from(&options.jupyter);
        // The port comes first: nothing is prepared for a server that cannot start.
        let server = web::Server::bind(web).await?;
        let library = Library::prepare(&mut |step| println!("{step}"))?;
        super::build::write()?;
        // Whoever reads the address may stop the server at once.
        let stop = web::asked_to_stop()?;
        let url = server.url();
        println!("\nThe book is open at\n\n    {url}\n\nCtrl+C stops it. Kernels stop with it.");
        std::io::stdout().flush()?;
        if options.open {
            open_browser(&url);
        }
        // No page waits for what it only links to.
        tokio::spawn(async move {
            if let Err(error) = library.write_pages(&paths::library_pages()).await {
                eprintln!("the documentation of the library could not be written: {error:#}");
            }
        });
        server.run_until(stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Best effort: the address is on the screen anyway.
fn open_browser(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = || Stdio::null();
    let _ = Command::new(program).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
}
