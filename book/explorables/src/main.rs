//! Explorables without a browser: records their figures, and answers questions like the wasm module does.
//!
//! ```text
//! explorables record FOLDER    writes NAME.json for each into FOLDER
//! explorables sources          prints the hash of the sources of the wasm module
//! explorables answer           answers each line of the input, see `explorables::answer`
//! ```

mod sources;

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use explorables::{EXPLORABLES, answer};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["record", folder] => record(Path::new(folder)),
        ["sources"] => sources::hash()
            .and_then(|hash| writeln!(std::io::stdout(), "{hash}").map_err(|error| error.to_string())),
        ["answer"] => answer_lines(),
        _ => Err("usage: explorables record FOLDER | sources | answer".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn record(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    for explorable in EXPLORABLES {
        let file = folder.join(format!("{}.json", explorable.name));
        std::fs::write(&file, explorable.recorded())
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn answer_lines() -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        writeln!(out, "{}", answer(&line)).map_err(|error| error.to_string())?;
        out.flush().map_err(|error| error.to_string())?;
    }
    Ok(())
}
