//! The running cell, seen from inside its process: output in order, panics, interrupts, `.await`.
//!
//! The kernel opens three pipes for the process that runs cells and names them in `SD35_PIPES`: standard
//! output, standard error, and one from which this module reads orders: to stop, and what the reader
//! answered. Displays travel inside standard output as one-line frames (`RECORD SEPARATOR`, `sd35`, JSON),
//! so a plot between two prints appears between them. The compiler engine's own protocol keeps the
//! original standard output, under `engine`.

mod ask;
mod live;
mod stderr;
#[doc(hidden)]
pub mod store;

use std::any::type_name;
use std::fmt::{Debug, Display};
use std::fs::File;
use std::future::{Future, IntoFuture};
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use algorithms::display::{self, MimeBundle};
use algorithms::interrupt;

pub use ask::{Stdin, input, password, stdin};
pub use live::{Live, Progress, clear_output};
#[doc(hidden)]
pub use stderr::{dbg, eprint, eprintln, print_stderr};

use ask::Answer;

/// The environment variable that names the three pipes: `out,err,orders`, as descriptor numbers.
const PIPES: &str = "SD35_PIPES";
/// What starts a frame in the stream of standard output.
const FRAME: &str = "\u{1e}sd35 ";

/// An order on the third pipe. An answer is followed by its length, four bytes, and its text.
const INTERRUPT: u8 = b'i';
const ANSWER: u8 = b'a';
const NO_ANSWER: u8 = b'n';

/// The ways to the kernel; `None` outside it.
static STREAMS: OnceLock<Option<Streams>> = OnceLock::new();
/// The thread that runs the cells.
static CELL_THREAD: OnceLock<ThreadId> = OnceLock::new();
static WAKE: tokio::sync::Notify = tokio::sync::Notify::const_new();

thread_local! {
    static ENTERED: tokio::runtime::EnterGuard<'static> = runtime().enter();
}

/// What the process was given to speak with the kernel.
struct Streams {
    /// Where the compiler engine listens for its own messages.
    engine: File,
    out: File,
    err: File,
}

/// Runs a cell, with the variables that earlier ones left.
#[doc(hidden)]
pub fn run(cell: fn(&mut store::VariableStore)) {
    begin();
    store::with(cell);
    end();
}

/// Runs the reader's part of a cell, and reports a panic.
#[doc(hidden)]
pub fn caught<R>(body: impl FnOnce() -> R) {
    if catch_unwind(AssertUnwindSafe(body)).is_err() {
        frame(&serde_json::json!({ "kind": "panicked" }));
    }
}

/// Reports that the reader's part of a cell came to its end, and its new variables are kept.
#[doc(hidden)]
pub fn finished(done: bool) {
    if done {
        frame(&serde_json::json!({ "kind": "finished" }));
    }
}

/// Reports a variable whose value is not of the type that it had.
fn lost(name: &str) {
    frame(&serde_json::json!({ "kind": "lost", "name": name }));
}

/// Called before each cell.
fn begin() {
    if let Some(streams) = STREAMS.get_or_init(|| attach().ok()) {
        // An earlier cell may have closed or redirected them.
        let _ = rustix::stdio::dup2_stdout(&streams.out);
        let _ = rustix::stdio::dup2_stderr(&streams.err);
    }
    display::send_to(|kind, bundle| send_bundle(kind, None, bundle));
    CELL_THREAD.get_or_init(|| std::thread::current().id());
    // Timers and spawned tasks look for a runtime when they are made, before anything awaits them.
    ENTERED.with(|_| ());
    interrupt::clear();
    // From here on an interrupt can reach the cell.
    frame(&serde_json::json!({ "kind": "begun" }));
}

/// Called after each cell: everything printed is on its way before the cell counts as done.
fn end() {
    let _ = std::io::stdout().flush();
    engine("EVCXR_EXECUTION_COMPLETE");
}

/// Sends one line of the engine's protocol.
fn engine(line: &str) {
    match STREAMS.get() {
        Some(Some(streams)) => {
            let _ = (&streams.engine).write_all(format!("{line}\n").as_bytes());
        }
        _ => println!("{line}"),
    }
}

/// Reports the error that a `?` at the top level of a cell returned.
#[doc(hidden)]
pub fn failed(error: &dyn Display) {
    frame(&serde_json::json!({ "kind": "failed", "message": error.to_string() }));
}

/// What `?` at the top level of a cell turns any error into.
#[doc(hidden)]
#[derive(Debug)]
pub struct CellError;

impl<T: Display> From<T> for CellError {
    fn from(error: T) -> Self {
        failed(&error);
        Self
    }
}

/// Sends a bundle as a `display`, its `update`, or a `result`; false when no kernel listens.
pub(crate) fn send_bundle(kind: &str, id: Option<&str>, bundle: &MimeBundle) -> bool {
    if !attached() {
        return false;
    }
    // JSON travels as what it is; notebooks have no other form for it.
    let value = |mime: &str, content: &str| match serde_json::from_str(content) {
        Ok(json) if mime.ends_with("json") => json,
        _ => serde_json::Value::from(content),
    };
    let data: serde_json::Map<_, _> =
        bundle.entries().iter().map(|(mime, content)| ((*mime).to_owned(), value(mime, content))).collect();
    frame(&serde_json::json!({ "kind": kind, "id": id, "data": data }));
    true
}

fn attached() -> bool {
    matches!(STREAMS.get(), Some(Some(_)))
}

fn frame(value: &serde_json::Value) {
    if !attached() {
        return;
    }
    let mut out = std::io::stdout().lock();
    // One flush before, so that an unfinished line stays in front of the frame.
    let _ = out.flush();
    let _ = out.write_all(format!("{FRAME}{value}\n").as_bytes());
    let _ = out.flush();
}

fn attach() -> std::io::Result<Streams> {
    let pipes = std::env::var(PIPES).map_err(std::io::Error::other)?;
    let paths: Vec<String> = pipes.split(',').map(|n| format!("/dev/fd/{n}")).collect();
    let [out, err, orders] = paths.as_slice() else {
        return Err(std::io::Error::other("SD35_PIPES needs three descriptors"));
    };
    let write = |path: &str| File::options().write(true).open(path);
    let streams = Streams { engine: write("/dev/fd/1")?, out: write(out)?, err: write(err)? };
    let orders = File::open(orders)?;
    // Standard input carries the engine's commands: programs that a cell starts must not read them.
    rustix::io::fcntl_setfd(std::io::stdin(), rustix::io::FdFlags::CLOEXEC)?;
    std::thread::Builder::new().name("sd35-orders".into()).spawn(move || obey(orders))?;
    std::panic::set_hook(Box::new(report_panic));
    Ok(streams)
}

/// Follows the kernel's orders for as long as there is a kernel.
fn obey(mut orders: File) -> std::io::Result<()> {
    loop {
        let mut order = [0];
        orders.read_exact(&mut order)?;
        match order[0] {
            INTERRUPT => {
                interrupt::request();
                WAKE.notify_waiters();
            }
            ANSWER => {
                let mut length = [0; 4];
                orders.read_exact(&mut length)?;
                let mut text = vec![0; u32::from_le_bytes(length) as usize];
                orders.read_exact(&mut text)?;
                ask::answered(Answer::Text(String::from_utf8_lossy(&text).into_owned()));
            }
            NO_ANSWER => ask::answered(Answer::Refused),
            _ => {}
        }
    }
}

fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    if interrupt::is_worker() {
        return;
    }
    let message = panic.payload_as_str().unwrap_or("a value that is not text (std::panic::panic_any)");
    let location = panic.location();
    let thread = std::thread::current();
    frame(&serde_json::json!({
        "kind": "panic",
        "message": message,
        "file": location.map(std::panic::Location::file),
        "line": location.map(std::panic::Location::line),
        "thread": (CELL_THREAD.get() != Some(&thread.id())).then(|| thread.name().unwrap_or("unnamed")),
    }));
}

/// Shows any `Debug` value as a cell's result; `()` shows nothing. Rich types (plots, tables, reports)
/// have an inherent method of the same name, which wins, and so does a trait of the reader's or of some crate:
/// called on a reference, that one fits as it is, and this one only with another `&` before it.
#[doc(hidden)]
pub trait ShowDebug {
    /// Shows the value as the result of a cell.
    fn evcxr_display(&self);
}

impl<T: Debug + ?Sized> ShowDebug for &T {
    fn evcxr_display(&self) {
        if type_name::<T>() != "()" {
            show_debug(self);
        }
    }
}

fn show_debug(value: &dyn Debug) {
    display::emit("result", &MimeBundle::text(format!("{value:?}")));
}

/// What `std::thread::sleep` means in a cell: a sleep that an interrupt ends.
///
/// # Panics
///
/// Unwinds when the cell is interrupted.
pub fn sleep(duration: Duration) {
    const GLANCE: Duration = Duration::from_millis(20);
    let begun = Instant::now();
    loop {
        interrupt::checkpoint();
        let left = duration.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(GLANCE));
    }
}

/// Never implemented: the compiler's complaint names the type of what [`type_of`] is called with.
#[doc(hidden)]
pub trait Sd35Type {}

/// Stands in a cell, while it is only checked, where the type of `_value` is asked for.
#[doc(hidden)]
pub fn type_of<T: Sd35Type + ?Sized>(_value: &T) -> ! {
    unreachable!("a cell with this call is never run")
}

/// Runs a future to its end on the course's runtime: what `.await` means at the top level of a cell.
///
/// The runtime lives in the library, shared by all cells, so tasks spawned by one cell go on in the next.
///
/// # Panics
///
/// Unwinds when the cell is interrupted, and panics when the runtime cannot start (no threads left).
pub fn wait<F: IntoFuture>(future: F) -> F::Output {
    let mut future = pin!(future.into_future());
    let mut output = None;
    drive(&mut |context| {
        future.as_mut().poll(context).map(|value| {
            output = Some(value);
        })
    });
    output.expect("the future was driven to its end")
}

/// Not generic, so that the executor is compiled once, here, and not again in every cell.
fn drive(poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) {
    runtime().block_on(async {
        let mut woken = pin!(WAKE.notified());
        // Listening starts before the flag is read, so that no interrupt falls between the two.
        woken.as_mut().enable();
        interrupt::checkpoint();
        tokio::select! {
            biased;
            () = std::future::poll_fn(|context| poll(context)) => {}
            () = woken => interrupt::checkpoint(),
        }
    });
}

fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("the runtime for .await could not start")
    })
}
