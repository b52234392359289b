//! One reader's session: cells in, events and one outcome per cell out, variables kept in between.
//!
//! The compiler engine is evcxr; this module decides what it gets to see (`source`, `scope`), knows the
//! variables, which the engine does not (`variables`), listens to the process that runs the cells (`child`,
//! `output`) and says in plain words what went wrong (`diagnostic`, `ended`).

mod assist;
mod child;
mod commands;
mod compiler;
mod completeness;
mod controls;
mod cursor;
mod diagnostic;
mod edited;
mod ended;
mod environment;
mod items;
mod listener;
mod output;
mod scope;
mod source;
mod text;
mod variables;

use std::cell::OnceCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use evcxr::{CommandContext, Error as EngineError};
use serde_json::Map;

pub use completeness::{Completeness, completeness};
pub use environment::Environment;
pub(crate) use environment::remove_abandoned;
pub use output::{Event, Panic};

use crate::reference::Reference;
pub use assist::{Candidate, Completions, Help};
use child::{Pipes, Writers};
use compiler::Compiler;
pub use controls::Controls;
use controls::Running;
use edited::Edited;
use front::plan::Built;
use front::types;
use listener::{Heard, Listener};
use scope::{Prepared, Scope};

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
    scope: Scope,
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
            scope: Scope::new(),
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
        let code = &commands::with_todays_keys(&self.answer_commands(code, &sink)?);
        let source = self.scope.parse(code);
        if let Some((message, at)) = source.mistake() {
            return Err(diagnostic::failure_at(message, at, code));
        }
        if commands::clears(code) {
            self.scope.clear();
        } else if commands::restarts(code) {
            self.scope.ended();
        }
        self.listener.begin(Arc::clone(&sink));
        self.controls.begin();
        let mut prepared = self.scope.prepare(&source, false);
        let mut result = self.compile_and_run(&prepared, &sink);
        if !prepared.plan.asynchronous && awaits(&result) {
            // Some macro awaits, in a way that only a future can.
            let again = self.scope.prepare(&source, true);
            let retried = self.compile_and_run(&again, &sink);
            if !matches!(retried, Err(EngineError::CompilationErrors(_))) {
                (prepared, result) = (again, retried);
            }
        }
        self.listener.drain(&self.writers);
        let heard = self.listener.finish();
        let running = self.controls.finish();
        self.keep(&prepared, &result, &heard, &sink);
        self.report(result, &prepared, heard, &running)
    }

    /// Keeps what the cell defined and bound, when its code was started.
    fn keep(&mut self, prepared: &Prepared, result: &Result<(), EngineError>, heard: &Heard, sink: &Sink) {
        match result {
            Ok(()) => {}
            Err(EngineError::SubprocessTerminated(_)) => return self.scope.ended(),
            Err(_) => return,
        }
        let mut built = Built::load(self.environment.folder());
        let moved = built.gone.iter_mut().chain(&mut built.unkept);
        for line in moved.filter_map(|(_, why)| match why {
            front::plan::Why::Moved(line) => Some(line),
            _ => None,
        }) {
            *line = prepared
                .edited
                .line_of(line, self.scope.mark())
                .map_or_else(String::new, |(_, own)| own.to_owned());
        }
        for (name, item) in &prepared.lost {
            let text = format!("`{name}` is gone: it was made of `{item}`, which is defined anew\n");
            sink(Event::Stderr(text));
        }
        let notes = built.unkept.iter().filter_map(|(name, why)| variables::note(name, why));
        notes.filter(|_| heard.finished).for_each(|note| sink(Event::Stderr(note)));
        self.scope.commit(prepared, built, heard.finished);
        for name in &heard.lost {
            self.scope.variables.lose(name, variables::Gone::Redefined("its type".to_owned()));
        }
    }

    /// What the reader is told about how the cell went.
    fn report(
        &self,
        result: Result<(), EngineError>,
        prepared: &Prepared,
        heard: Heard,
        running: &Running,
    ) -> Result<(), Failure> {
        match result {
            Ok(()) => {}
            Err(EngineError::CompilationErrors(errors)) => {
                let gone = |name: &str| self.scope.variables.explain(name);
                return Err(diagnostic::failure(&errors, &prepared.edited, &gone));
            }
            Err(EngineError::SubprocessTerminated(message)) => {
                return Err(ended::failure(&message, running, heard.panic.as_ref()));
            }
            Err(EngineError::TypeRedefinedVariablesLost(names)) => {
                return Err(Failure::new("Error", format!("these variables are gone: {}", names.join(", "))));
            }
            Err(EngineError::Message(message)) => return Err(Failure::new("Error", message.trim())),
        }
        if let Some(name) = heard.lost.first() {
            let message =
                format!("`{name}` is gone: its type was defined anew. Run the cell that made it again");
            return Err(Failure::new("Error", message));
        }
        if let Some(message) = heard.failed {
            return Err(Failure::new("Error", message));
        }
        if heard.panicked && running.interrupted {
            return Err(Failure::new("Interrupted", "stopped on request; all variables are kept"));
        }
        if heard.panicked {
            return Err(self.explain_panic(&heard.panic.unwrap_or_default(), &prepared.edited));
        }
        Ok(())
    }

    /// Names and types of the variables that are alive, by name.
    pub fn variables(&self) -> Vec<(String, String)> {
        self.scope.variables.types().map(|(name, ty)| (name.to_owned(), ty.to_owned())).collect()
    }

    /// The type of the receiver in a probe of [`cursor`], as the compiler writes it.
    fn type_of_receiver(&mut self, probe: &str) -> Option<String> {
        let types_file = self.environment.folder().join(types::RECEIVERS);
        let _ = std::fs::remove_file(&types_file);
        let source = self.scope.parse(probe);
        let text = self.scope.variables.declarations(probe) + &source.edited(false, Vec::new()).text;
        self.engine.check(&text).ok()?;
        std::fs::read_to_string(&types_file).ok()?.lines().filter_map(types::receiver).next_back()
    }

    fn compile_and_run(&mut self, prepared: &Prepared, sink: &Sink) -> Result<(), EngineError> {
        let full = |error| EngineError::Message(format!("{}: {error}", self.environment.folder().display()));
        prepared.plan.save(self.environment.folder()).map_err(full)?;
        let outputs = self.engine.execute(&prepared.edited.text)?;
        if !outputs.is_empty() {
            // The answers of the engine's own commands, such as `:dep`.
            let data = outputs.content_by_mime_type.into_iter().map(|(mime, content)| (mime, content.into()));
            sink(Event::Result(data.collect::<Map<_, _>>()));
        }
        Ok(())
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
            failure = match edited.line_of(text, self.scope.mark()) {
                Some((at, own)) => failure.with(format!("  line {}: {own}", at + 1)),
                None => failure.with(format!("  in code of an earlier cell: {}", text.trim())),
            };
        }
        failure.with("The cell stopped there. Variables of earlier cells are kept.")
    }
}

/// Whether a cell awaits where only a future can.
fn awaits(result: &Result<(), EngineError>) -> bool {
    let Err(EngineError::CompilationErrors(errors)) = result else { return false };
    errors.iter().any(|error| error.code().is_some_and(|code| code.trim_end() == "E0728"))
}

impl Drop for Session {
    fn drop(&mut self) {
        // The listening threads outlive the session, blocked on their pipes; the sink must not.
        self.listener.close();
        self.controls.kill();
    }
}

/// A lock whose holder panicked guards nothing that a panic could have left half-done here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
