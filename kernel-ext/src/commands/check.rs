//! `sd35 check`: are the recorded outputs still what the cells put out?

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    /// Kernels that run at once, each with days of its own. More than one spoils what lessons measure: not for recording.
    #[arg(long, value_name = "COUNT", default_value = "1", conflicts_with = "record")]
    kernels: NonZeroUsize,
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
    let begun = Instant::now();
    let days: Vec<&Day> = book.days.iter().filter(chosen).collect();
    let total = if options.kernels.get() == 1 {
        let mut total = Total::default();
        for day in &days {
            total += run_day(&book, day, options.record, &mut |line| println!("{line}"))?;
        }
        total
    } else {
        side_by_side(&book, &days, options)?
    };
    let verb = if options.record { "recorded" } else { "checked" };
    println!(
        "{} cells {verb} in {:.1} s, {} not as they should be",
        total.cells,
        begun.elapsed().as_secs_f64(),
        total.drifted
    );
    Ok(if total.drifted == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many cells ran, and how many of them were not as they should be.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    cells: usize,
    drifted: usize,
}

impl std::ops::AddAssign for Total {
    fn add_assign(&mut self, other: Self) {
        self.cells += other.cells;
        self.drifted += other.drifted;
    }
}

/// Several kernels, each of which takes the next day when it is done with one. What a day says is printed when
/// it has ended, so that days stay apart.
fn side_by_side(book: &Book, days: &[&Day], options: &Options) -> Result<Total> {
    let next = AtomicUsize::new(0);
    let take_days = || {
        let mut total = Total::default();
        while let Some(day) = days.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut lines = Vec::new();
            let ran = run_day(book, day, options.record, &mut |line| lines.push(line));
            println!("{}", lines.join("\n"));
            total += ran?;
        }
        Ok::<_, anyhow::Error>(total)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.kernels.get()).map(|_| scope.spawn(take_days)).collect();
        let mut total = Total::default();
        for thread in threads {
            total += thread.join().map_err(|_| anyhow::anyhow!("a thread that checks days panicked"))??;
        }
        Ok(total)
    })
}

/// Runs the cells of a day in order, in a kernel of its own.
fn run_day(book: &Book, day: &Day, record: bool, say: &mut dyn FnMut(String)) -> Result<Total> {
    say(format!("Day {}: {}", day.header.number, day.header.title));
    let mut recorded = book.recorded(day)?;
    let mut kernel = Client::start(&std::env::current_exe()?)?;
    let mut total = Total::default();
    for cell in day.chapter.cells() {
        let started = Instant::now();
        let outputs = kernel.execute_within(&cell.source, LIMIT)?;
        let seconds = started.elapsed().as_secs_f64();
        let problem = unexpected(&cell, &outputs);
        let drift = if record {
            recorded.record(&cell, outputs);
            problem
        } else {
            problem.or_else(|| recorded.compare(&cell, &outputs))
        };
        total += Total { cells: 1, drifted: usize::from(drift.is_some()) };
        say(line(&cell.id, seconds, drift.as_ref()));
    }
    if record {
        recorded.retain(&day.chapter.cells());
        recorded.save(&book.recorded_file(day))?;
    }
    Ok(total)
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

fn line(cell: &str, seconds: f64, drift: Option<&Drift>) -> String {
    match drift {
        None => format!("  ok     {cell} ({seconds:.2} s)"),
        Some(drift) => format!("  DRIFT  {cell}: {}", drift.how),
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
        println!("{}", line(&cell.id, 0.0, drift.as_ref()));
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
