//! `sd35 check`: are the recorded outputs still what the cells put out?

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use book::recorded::Drift;
use book::{Book, Cell, Day, Recorded, standard};
use clap::Args;
use serde_json::Value;

use crate::client::Client;
use crate::library::Library;
use crate::paths;

/// No cell of a lesson takes a tenth of it, on the slowest machine: one that does waits for ever.
const LIMIT: Duration = Duration::from_secs(180);

/// What to check.
#[derive(Debug, Args)]
pub struct Options {
    /// Days to check; all of them by default.
    days: Vec<u32>,
    /// Record the outputs instead of comparing them.
    #[arg(long)]
    record: bool,
    /// Compare this executed notebook with the recorded outputs, instead of running cells.
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    notebook: Option<PathBuf>,
    /// Count what each lesson must have, instead of running cells.
    #[arg(long, conflicts_with_all = ["record", "notebook"])]
    standard: bool,
}

/// Runs the cells of each day in order, from a fresh kernel per day.
///
/// # Errors
///
/// Fails when the book does not parse, or the kernel cannot be started.
pub fn run(options: &Options) -> Result<ExitCode> {
    let book = Book::load(&paths::root().join("book"))?;
    for number in &options.days {
        ensure!(
            book.days.iter().any(|day| day.header.number == *number),
            "there is no day {number} yet; the book has {}",
            book.days.iter().map(|day| day.header.number.to_string()).collect::<Vec<_>>().join(", ")
        );
    }
    if let Some(notebook) = &options.notebook {
        return check_notebook(&book, notebook);
    }
    let chosen = |day: &&Day| options.days.is_empty() || options.days.contains(&day.header.number);
    if options.standard {
        return check_standard(&book, chosen);
    }
    Library::prepare(&mut |step| eprintln!("{step}"))?;
    let program = std::env::current_exe()?;
    let begun = Instant::now();
    let (mut cells, mut drifted) = (0, 0);
    for day in book.days.iter().filter(chosen) {
        println!("Day {}: {}", day.header.number, day.header.title);
        let mut recorded = book.recorded(day)?;
        let mut kernel = Client::start(&program)?;
        for cell in day.chapter.cells() {
            let started = Instant::now();
            let outputs = kernel.execute_within(&cell.source, LIMIT)?;
            let seconds = started.elapsed().as_secs_f64();
            cells += 1;
            let problem = unexpected(&cell, &outputs);
            let drift = if options.record {
                recorded.record(&cell, outputs);
                problem
            } else {
                problem.or_else(|| recorded.compare(&cell, &outputs))
            };
            drifted += usize::from(drift.is_some());
            report(&cell.id, seconds, drift.as_ref());
        }
        if options.record {
            recorded.retain(&day.chapter.cells());
            recorded.save(&book.recorded_file(day))?;
        }
    }
    let verb = if options.record { "recorded" } else { "checked" };
    println!(
        "{cells} cells {verb} in {:.1} s, {drifted} not as they should be",
        begun.elapsed().as_secs_f64()
    );
    Ok(if drifted == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Counts what each lesson has, beside what it must have.
fn check_standard(book: &Book, chosen: impl Fn(&&Day) -> bool) -> Result<ExitCode> {
    let mut short = 0;
    for day in book.days.iter().filter(chosen) {
        println!("Day {}: {}", day.header.number, day.header.title);
        for count in standard::count(day, &book.recorded(day)?) {
            short += usize::from(!count.holds());
            println!("  {:6} {count}", if count.holds() { "ok" } else { "FAILED" });
        }
    }
    println!("{short} counts are not as they should be");
    Ok(if short == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report(cell: &str, seconds: f64, drift: Option<&Drift>) {
    match drift {
        None => println!("  ok     {cell} ({seconds:.2} s)"),
        Some(drift) => println!("  DRIFT  {cell}: {}", drift.how),
    }
}

/// A cell that should fail and does not, or the other way round, is wrong whatever is recorded.
fn unexpected(cell: &Cell, outputs: &[Value]) -> Option<Drift> {
    let error = outputs.iter().find(|output| output["output_type"] == "error");
    let how = match (error, cell.role.fails) {
        (None, true) => "it is marked `fails` but ran without an error".to_owned(),
        (Some(error), false) => {
            let lines = error["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str);
            format!("it failed:\n{}", lines.collect::<Vec<_>>().join("\n"))
        }
        _ => return None,
    };
    Some(Drift { cell: cell.id.clone(), how })
}

/// Compares the outputs in a notebook that some Jupyter client executed.
fn check_notebook(book: &Book, file: &std::path::Path) -> Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let notebook: Value = serde_json::from_str(&text).context("the notebook is not JSON")?;
    let slug = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let day = book
        .days
        .iter()
        .find(|day| day.header.slug == slug)
        .with_context(|| format!("no lesson is called {slug}"))?;
    let recorded: Recorded = book.recorded(day)?;
    let mut drifted = 0;
    for cell in day.chapter.cells() {
        let executed = notebook["cells"].as_array().into_iter().flatten().find(|c| c["id"] == cell.id);
        let outputs = executed.and_then(|executed| executed["outputs"].as_array());
        let drift = match outputs.map(|outputs| outputs.iter().cloned().map(joined).collect::<Vec<_>>()) {
            Some(outputs) => unexpected(&cell, &outputs).or_else(|| recorded.compare(&cell, &outputs)),
            None => Some(Drift { cell: cell.id.clone(), how: "it is not in the notebook".to_owned() }),
        };
        drifted += usize::from(drift.is_some());
        report(&cell.id, 0.0, drift.as_ref());
    }
    Ok(if drifted == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// In a file, Jupyter holds text of many lines as a list of them.
fn joined(mut output: Value) -> Value {
    let join = |text: &mut Value| {
        if let Some(lines) = text.as_array() {
            *text = lines.iter().filter_map(Value::as_str).collect::<String>().into();
        }
    };
    if let Some(text) = output.get_mut("text") {
        join(text);
    }
    if let Some(data) = output.get_mut("data").and_then(Value::as_object_mut) {
        data.values_mut().for_each(join);
    }
    output
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::joined;

    #[test]
    fn lists_of_lines_are_text_again() {
        let stream = json!({ "output_type": "stream", "name": "stdout", "text": ["a\n", "b"] });
        assert_eq!(joined(stream)["text"], "a\nb");
        let result = json!({ "output_type": "execute_result", "data": { "text/plain": ["1\n", "2"] } });
        assert_eq!(joined(result)["data"]["text/plain"], "1\n2");
        let error = json!({ "output_type": "error", "traceback": ["a", "b"] });
        assert_eq!(joined(error.clone())["traceback"], error["traceback"]);
    }
}
