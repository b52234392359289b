//! `sd35 build`: the site, the notebooks, the flash cards, the library's documentation, and the book as one PDF.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::library::Library;
use crate::{paths, web};

/// What to build beside the site and the notebooks.
#[derive(Debug, Args)]
pub struct Options {
    /// Also write the documentation of the library, to which lessons link; `sd35 serve` does so by itself.
    #[arg(long)]
    library: bool,
    /// Also print the whole book into this file, with Chromium or Chrome.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "system-design-in-35-days.pdf")]
    pdf: Option<PathBuf>,
}

/// Writes the site to `book/site` and the notebooks to `notebooks`.
///
/// # Errors
///
/// Names the file and line of the first mistake in a chapter, or the folder that cannot be written; or says
/// that there is no browser to print with.
pub fn run(options: &Options) -> Result<ExitCode> {
    let book = super::site::load()?;
    book::page::build(&book, &paths::site())?;
    let written = book.write_notebooks(&paths::notebooks())?.len();
    println!("The book is in {}", paths::site().display());
    println!("Flash cards for Anki are in {}", paths::site().join("anki").display());
    println!("{} notebooks are in {}, {written} of them new", book.days.len(), paths::notebooks().display());
    if options.library {
        let library = Library::prepare(&mut |step| println!("{step}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(library.write_pages(&paths::library_pages()))?;
        println!("The documentation of the library is in {}", paths::library_pages().display());
    }
    if let Some(file) = &options.pdf {
        print(file)?;
        println!("The whole book is in {}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the page that holds all chapters, from a server as a reader would: pages of files may load nothing.
fn print(file: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let mut options = web::Options::new(paths::site())?;
        options.port = 0;
        let server = web::Server::bind(options).await?;
        let page = format!("http://{}/print.html", server.address());
        let file = std::path::absolute(file)?;
        let printing = tokio::task::spawn_blocking(move || browse(&page, &file));
        let (done, printed) = tokio::sync::oneshot::channel::<()>();
        let serving = server.run_until(async { drop(printed.await) });
        let printing = async {
            let result = printing.await;
            drop(done);
            result
        };
        let (result, served) = tokio::join!(printing, serving);
        served?;
        result?
    })
}

/// Lets the first browser found print a page.
fn browse(page: &str, file: &Path) -> Result<()> {
    const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let profile =
        crate::private::folder("sd35-print-", &std::env::temp_dir()).context("no folder for the browser")?;
    let before = std::fs::metadata(file).and_then(|file| file.modified()).ok();
    for browser in BROWSERS {
        let ended = Command::new(browser)
            .args(["--headless=new", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"])
            // The pages are the book's own, and a container may not allow the browser's sandbox.
            .args(["--no-sandbox", "--generate-pdf-document-outline"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("--print-to-pdf={}", file.display()))
            .arg(page)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        match ended {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("{browser} could not be started")),
            Ok(status) => {
                let after = std::fs::metadata(file).and_then(|file| file.modified()).ok();
                ensure!(
                    status.success() && after.is_some() && after != before,
                    "{browser} could not print the book ({status})"
                );
                return Ok(());
            }
        }
    }
    bail!("there is no browser to print with; install Chromium (Debian: apt install chromium)")
}
