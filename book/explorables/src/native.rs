//! A figure's program without a browser.
//!
//! ```text
//! NAME record    prints what is kept of the figure in `kept/NAME.json`
//! NAME answer    answers each line of the input, see `Explorable::answer`
//! ```

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use serde_json::Value;

use crate::json::Json;
use crate::{Explorable, RECORDED_WIDTH};

pub(crate) fn run(explorable: &Explorable) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["record"] => record(explorable),
        ["answer"] => answer_lines(explorable),
        _ => Err("usage: NAME record | answer".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What the figure is, and its view of the default values.
fn record(explorable: &Explorable) -> Result<(), String> {
    let view = explorable.view(&BTreeMap::new(), RECORDED_WIDTH)?.to_json();
    let recorded = Json::Object(vec![("about", explorable.describe()), ("view", view)]);
    let mut recorded: Value =
        serde_json::from_str(&recorded.to_string()).map_err(|error| error.to_string())?;
    // Their last digits may differ from machine to machine.
    if let Some(view) = recorded["view"].as_object_mut() {
        view.remove("numbers");
    }
    writeln!(std::io::stdout(), "{recorded:#}").map_err(|error| error.to_string())
}

fn answer_lines(explorable: &Explorable) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        writeln!(out, "{}", explorable.answer(&line)).map_err(|error| error.to_string())?;
        out.flush().map_err(|error| error.to_string())?;
    }
    Ok(())
}
