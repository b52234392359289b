//! One reader's session: cells in, events and one outcome per cell out, variables kept in between.
//!
//! The compiler engine is evcxr; this module decides what it gets to see (`source`, `types`), listens
//! to the process that runs the cells (`child`, `output`) and says in plain words what went wrong
//! (`diagnostic`).

mod assist;
mod child;
mod compiler;
mod cursor;
mod diagnostic;
mod environment;
mod listener;
mod output;
mod source;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use evcxr::{CommandContext, Error as EngineError};
use serde_json::Map;

pub use environment::Environment;
pub(crate) use environment::remove_abandoned;
pub use output::{Event, Panic};
pub use source::{Completeness, completeness};

use crate::reference::Reference;
pub use assist::{Candidate, Completions, Help};
use child::{Pipes, Writers};
use compiler::Compiler;
use front::types::{self, Known};
use listener::Listener;
use source::{Edited, Source};

/// How long an interrupted cell may take to reach its next checkpoint before its process is stopped.
const GRACE: Duration = Duration::from_secs(2);

/// Why a cell did not finish, in the form that Jupyter shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind: `CompileError`, `Panic`, `Interrupted`, `ProcessEnded`, `Error`.
    pub name: String,
    /// One line.
    pub value: String,
    /// What to show; may hold ANSI colors.
    pub traceback: Vec<String>,
}

impl Failure {
    fn new(name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        let traceback = vec![format!("\u{1b}[1;31m{name}\u{1b}[0m: {value}")];
        Self { name: name.to_owned(), value, traceback }
    }

    fn with(mut self, line: impl Into<String>) -> Self {
        self.traceback.push(line.into());
        self
    }
}

/// Hears what a cell puts out, while it runs.
pub type Sink = Arc<dyn Fn(Event) + Send + Sync>;

/// The compiler engine and the process that runs the cells.
pub struct Session {
    engine: CommandContext,
    writers: Arc<Writers>,
    listener: Arc<Listener>,
    controls: Controls,
    /// How many stand-ins for types were given out.
    stand_ins: u64,
    /// Read at the first question about a name.
    reference: OnceCell<Reference>,
    /// Compiles for the engine; ends before its folder goes.
    _compiler: Compiler,
    /// The generated crate; removed with the session.
    environment: Environment,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("environment", &self.environment).finish_non_exhaustive()
    }
}

impl Session {
    /// Starts the engine in the environment that this process runs in. Takes about half a second.
    ///
    /// # Errors
    ///
    /// Fails when no pipe can be opened, or the engine does not start.
    pub fn start(environment: Environment) -> Result<Self> {
        let compiler = Compiler::start(environment.folder(), environment.settings()?)?;
        let pipes = Pipes::open().context("no pipes left for a new session")?;
        let mut command = std::process::Command::new(std::env::current_exe()?);
        environment.restore(&mut command);
        pipes.writers.lend(&mut command);
        let listener = Arc::new(Listener::default());
        environment.name_stderr(&pipes.writers.stderr_path())?;
        let state = Arc::new(Mutex::new(Running::default()));
        listener.listen(listener::OUT, pipes.out, output::Parser::stdout(), &state, &pipes.writers);
        listener.listen(listener::ERR, pipes.err, output::Parser::stderr(), &state, &pipes.writers);
        let (context, outputs) = evcxr::EvalContext::with_subprocess_command(command)
            .map_err(|error| anyhow::anyhow!("the compiler engine did not start: {error}"))?;
        // Lines that reach the engine's own streams were written before `lessons::cell` took over.
        listener.forward(outputs.stdout, Event::Stdout);
        listener.forward(outputs.stderr, Event::Stderr);
        let engine = CommandContext::with_eval_context(context);
        let controls =
            Controls { writers: Arc::clone(&pipes.writers), process: engine.process_handle(), state };
        let session = Self {
            engine,
            writers: pipes.writers,
            listener,
            controls,
            stand_ins: 0,
            reference: OnceCell::new(),
            _compiler: compiler,
            environment,
        };
        // The engine runs a cell of its own to start up; what it printed belongs to nobody.
        session.listener.drain(&session.writers);
        Ok(session)
    }

    /// A handle that reaches the running cell from other threads.
    pub fn controls(&self) -> Controls {
        self.controls.clone()
    }

    /// Runs one cell to its end; `sink` hears its output meanwhile.
    ///
    /// # Errors
    ///
    /// The failure that the reader is shown: the cell did not compile, panicked, returned an error from
    /// `?`, was interrupted, or ended its process.
    pub fn execute(&mut self, code: &str, sink: Sink) -> Result<(), Failure> {
        if code.trim().is_empty() {
            return Ok(());
        }
        let code = &source::with_todays_keys(code);
        let source = Source::parse(code);
        if let Some(at) = source.patternless() {
            return Err(diagnostic::failure_at("expected pattern", at, code));
        }
        self.listener.begin(Arc::clone(&sink));
        self.controls.begin();
        let result = self.compile_and_run(&source, &sink);
        self.listener.drain(&self.writers);
        let heard = self.listener.finish();
        let running = self.controls.finish();
        let edited = match result {
            Ok(edited) => edited,
            Err(problem) => return Err(explain(problem, &running, heard.panic.as_ref())),
        };
        if let Some(message) = heard.failed {
            return Err(Failure::new("Error", message));
        }
        if heard.panicked && running.interrupted {
            return Err(Failure::new("Interrupted", "stopped on request; all variables are kept"));
        }
        if heard.panicked {
            return Err(self.explain_panic(&heard.panic.unwrap_or_default(), &edited));
        }
        Ok(())
    }

    /// Names and types of the variables that are alive, by name.
    pub fn variables(&self) -> Vec<(String, String)> {
        let known = Known::load(self.environment.folder());
        let mut variables: Vec<_> = self
            .engine
            .variables_and_types()
            .map(|(name, ty)| (name.to_owned(), known.written_out(ty)))
            .collect();
        variables.sort();
        variables
    }

    /// The type of the receiver in a probe of [`cursor`], as the compiler writes it.
    fn type_of_receiver(&mut self, probe: &str) -> Option<String> {
        let types_file = self.environment.folder().join(types::RECEIVERS);
        let _ = std::fs::remove_file(&types_file);
        self.engine.check(&Source::parse(probe).edited().text).ok()?;
        std::fs::read_to_string(&types_file).ok()?.lines().filter_map(types::receiver).next_back()
    }

    /// Returns the cell as the engine got it.
    fn compile_and_run(&mut self, source: &Source, sink: &Sink) -> Result<Edited, Problem> {
        let edited = source.typed(&self.stand_ins(source));
        let advice = self.environment.folder().join(types::ADVICE);
        let _ = std::fs::remove_file(&advice);
        match self.engine.execute(&edited.text) {
            Ok(outputs) if outputs.is_empty() => Ok(edited),
            Ok(outputs) => {
                // The answers of the engine's own commands, such as `:vars`.
                let known = Known::load(self.environment.folder());
                let data: Map<_, _> = outputs
                    .content_by_mime_type
                    .into_iter()
                    .map(|(mime, content)| (mime, known.written_out(&content).into()))
                    .collect();
                sink(Event::Result(data));
                Ok(edited)
            }
            Err(error) => {
                // The front knows better why it refused a variable.
                let error = std::fs::read_to_string(&advice).map_or(error, EngineError::Message);
                Err(Problem { error, edited })
            }
        }
    }

    /// What stands for the types of the cell's new variables until the compiler has named them.
    fn stand_ins(&mut self, source: &Source) -> HashMap<String, String> {
        let names = source.untyped_names().map(str::to_owned);
        let numbered = names.map(|name| {
            self.stand_ins += 1;
            (name, types::stand_in(self.stand_ins))
        });
        numbered.collect()
    }

    /// Says where in the cell it happened: the generated file holds the cell's lines as they are.
    fn explain_panic(&self, panic: &Panic, edited: &Edited) -> Failure {
        let mut failure = Failure::new("Panic", panic.message.clone());
        let (Some(file), Some(line)) = (&panic.file, panic.line) else { return failure };
        if !file.ends_with("build/lib.rs") {
            return failure.with(format!("  in the library, {file}:{line}"));
        }
        let generated =
            std::fs::read_to_string(self.environment.folder().join("build/lib.rs")).unwrap_or_default();
        if let Some(text) = generated.lines().nth(line - 1) {
            // The engine gives each statement a line of its own.
            let here = edited.text.lines().position(|own| own.contains(text.trim()));
            failure = match here.and_then(|at| Some((at, edited.original().lines().nth(at)?))) {
                Some((at, own)) => failure.with(format!("  line {}: {}", at + 1, own.trim())),
                None => failure.with(format!("  in code of an earlier cell: {}", text.trim())),
            };
        }
        failure.with("The cell stopped there. Variables of earlier cells are kept.")
    }
}

/// What stopped a cell before it finished, and the text the engine had.
struct Problem {
    error: EngineError,
    edited: Edited,
}

fn explain(Problem { error, edited }: Problem, running: &Running, panic: Option<&Panic>) -> Failure {
    match error {
        EngineError::CompilationErrors(errors) => diagnostic::failure(&errors, &edited),
        EngineError::SubprocessTerminated(message) => ended(&message, running, panic),
        EngineError::TypeRedefinedVariablesLost(names) => Failure::new(
            "Error",
            format!("a type was defined anew, so these variables are gone: {}", names.join(", ")),
        ),
        EngineError::Message(message) => match untyped(&message) {
            Some(name) => Failure::new("Error", format!("nothing says yet which type `{name}` has")).with(
                format!("Write it: `let {name}: Vec<u32> = ...`, or use the variable in the same cell."),
            ),
            None => Failure::new("Error", message.trim()),
        },
    }
}

/// The variable whose type the engine asks for.
fn untyped(message: &str) -> Option<&str> {
    message.strip_prefix("Couldn't automatically determine type of variable `")?.split('`').next()
}

/// The process that held the variables is gone.
fn ended(message: &str, running: &Running, panic: Option<&Panic>) -> Failure {
    let after = "Its variables are gone; functions, types and imports are kept. \
                 Run the cells that made the variables again.";
    if running.killed {
        let value = format!("did not stop within {} s, so its process was ended", GRACE.as_secs());
        return Failure::new("Interrupted", value).with(after);
    }
    let status = message.rsplit("status: ").next().unwrap_or(message).trim();
    let value = if status.contains("signal: 9") {
        "the process was killed from outside, perhaps because memory ran out (signal 9)".to_owned()
    } else if status.contains("signal: 6") {
        "the cell aborted its process: not enough memory, or `std::process::abort` (signal 6)".to_owned()
    } else if status.contains("signal: 11") {
        "the cell crashed its process: a recursion without end, or unsafe code (signal 11)".to_owned()
    } else if status.contains("signal") {
        format!("the cell crashed its process ({status})")
    } else {
        format!("the cell ended its process ({status})")
    };
    let mut failure = Failure::new("ProcessEnded", value);
    if let Some(panic) = panic {
        failure = failure.with(format!("  {}", panic.message));
    }
    failure.with(after)
}

impl Drop for Session {
    fn drop(&mut self) {
        // The listening threads outlive the session, blocked on their pipes; the sink must not.
        self.listener.close();
        self.controls.kill();
    }
}

/// Reaches the running cell from any thread: stops it, or answers its question.
#[derive(Clone, Debug)]
pub struct Controls {
    writers: Arc<Writers>,
    process: Arc<Mutex<std::process::Child>>,
    state: Arc<Mutex<Running>>,
}

/// The state of the cell that runs now, if any.
#[derive(Clone, Debug, Default)]
struct Running {
    cell: Option<Arc<()>>,
    /// When its code started, after it was compiled.
    begun: Option<Instant>,
    interrupted: bool,
    killed: bool,
}

impl Controls {
    fn begin(&self) {
        *lock(&self.state) = Running { cell: Some(Arc::default()), ..Running::default() };
    }

    fn finish(&self) -> Running {
        std::mem::take(&mut *lock(&self.state))
    }

    /// Asks the running cell to stop; returns at once. A cell that has not stopped after two seconds
    /// loses its process, and with it the variables. Without a running cell nothing happens.
    pub fn interrupt(&self) {
        let cell = {
            let mut state = lock(&self.state);
            if state.cell.is_none() || state.interrupted {
                return;
            }
            state.interrupted = true;
            state.cell.clone()
        };
        let own = self.clone();
        std::thread::spawn(move || own.insist(cell, Instant::now()));
    }

    fn insist(&self, cell: Option<Arc<()>>, asked: Instant) {
        let mut told = false;
        loop {
            let mut state = lock(&self.state);
            // A cell is told from the next one by its address: a late order must not hit that.
            let same = match (&state.cell, &cell) {
                (Some(now), Some(then)) => Arc::ptr_eq(now, then),
                _ => false,
            };
            if !same {
                return;
            }
            if let Some(begun) = state.begun {
                if !told {
                    told = self.writers.interrupt().is_ok();
                }
                if begun.max(asked).elapsed() > GRACE {
                    state.killed = true;
                    child::kill_group(lock(&self.process).id());
                    return;
                }
            }
            drop(state);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Answers a cell that waits for input; `None` when nobody can be asked.
    pub fn answer(&self, text: Option<&str>) {
        // Without a process there is no question any more.
        let _ = self.writers.answer(text);
    }

    /// Ends the process that runs the cells, with everything it started.
    pub fn kill(&self) {
        child::kill_group(lock(&self.process).id());
    }
}

/// A lock whose holder panicked guards nothing that a panic could have left half-done here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
