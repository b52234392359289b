//! A Jupyter kernel without a transport: messages in, messages out (messaging specification 5.4).
//!
//! One thread owns the [`Session`] and runs requests in order. Another answers at once what must not wait
//! for a running cell: interrupts, shutdown, and questions about the kernel itself.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::handle::Handle;
use crate::protocol::{Channel, Header, Message};
use crate::session::{Environment, Event, Failure, Interrupter, Session, lock};

/// More text than this from one cell is cut: nobody reads it, and pages and notebooks choke on it.
const MOST_TEXT: usize = 1 << 20;
/// A larger value (a plot of a million points) is replaced by a sentence.
const MOST_DATA: usize = 8 << 20;
/// Text is sent in pieces no more often than this, unless something else must follow it.
const PACE: Duration = Duration::from_millis(20);

/// Starts a kernel; the session starts in the background, so that the kernel answers at once.
///
/// # Panics
///
/// Outside a tokio runtime, and when the system gives out no more threads.
pub fn start(environment: Environment) -> Handle {
    let (inbox, requests) = unbounded_channel();
    let (replies, outbox) = unbounded_channel();
    let publisher = Publisher {
        outbox: replies,
        session: uuid::Uuid::new_v4().to_string(),
        runtime: tokio::runtime::Handle::current(),
    };
    let (jobs, work) = channel();
    let control = Arc::new(Control::default());
    publisher.status(None, "starting");
    let worker = Worker {
        publisher: publisher.clone(),
        control: Arc::clone(&control),
        execution: 0,
        history: VecDeque::new(),
    };
    std::thread::Builder::new()
        .name("cells".into())
        .spawn(move || worker.run(environment, &work))
        .expect("a process can start a thread");
    tokio::spawn(async move {
        route(requests, jobs, &control, publisher).await;
        // No more jobs: the worker ends after the running cell, which is not waited for.
        if let Some(interrupter) = control.interrupter() {
            interrupter.kill();
        }
    });
    Handle { inbox, outbox }
}

/// What the routing task and the worker share.
#[derive(Debug, Default)]
struct Control {
    interrupter: Mutex<Option<Interrupter>>,
    /// Requests given to the worker and not yet answered; after a failure it aborts those.
    pending: AtomicUsize,
}

impl Control {
    fn interrupter(&self) -> Option<Interrupter> {
        lock(&self.interrupter).clone()
    }
}

/// Takes messages as they come.
async fn route(
    mut requests: UnboundedReceiver<Message>,
    jobs: Sender<Message>,
    control: &Control,
    publisher: Publisher,
) {
    while let Some(request) = requests.recv().await {
        match request.header.msg_type.as_str() {
            "interrupt_request" => {
                publisher.during(&request, || {
                    if let Some(interrupter) = control.interrupter() {
                        interrupter.interrupt();
                    }
                    publisher.reply(&request, "interrupt_reply", json!({ "status": "ok" }));
                });
            }
            "shutdown_request" => {
                let restart = request.content["restart"].as_bool().unwrap_or(false);
                let reply = json!({ "status": "ok", "restart": restart });
                publisher.during(&request, || publisher.reply(&request, "shutdown_reply", reply));
                break;
            }
            "kernel_info_request"
                if request.channel == Channel::Control || control.pending.load(Ordering::SeqCst) == 0 =>
            {
                publisher.during(&request, || publisher.reply(&request, "kernel_info_reply", kernel_info()));
            }
            _ => {
                control.pending.fetch_add(1, Ordering::SeqCst);
                if jobs.send(request).is_err() {
                    break;
                }
            }
        }
    }
}

/// Runs requests in order, on the thread that owns the session.
struct Worker {
    publisher: Publisher,
    control: Arc<Control>,
    execution: u64,
    /// Cells that ran: number and source.
    history: VecDeque<(u64, String)>,
}

impl Worker {
    fn run(mut self, environment: Environment, work: &Receiver<Message>) {
        let session = Session::start(environment).inspect(|session| {
            *lock(&self.control.interrupter) = Some(session.interrupter());
        });
        let mut session = session.map_err(|error| format!("{error:#}"));
        while let Ok(request) = work.recv() {
            let publisher = self.publisher.clone();
            let to_abort = publisher.during(&request, || self.answer(&request, &mut session));
            self.control.pending.fetch_sub(1, Ordering::SeqCst);
            if request.content["stop_on_error"].as_bool() != Some(false) {
                self.abort(work, to_abort);
            }
        }
    }

    /// Answers one request. After a cell that failed, returns how many requests were waiting behind it.
    fn answer(&mut self, request: &Message, session: &mut Result<Session, String>) -> usize {
        let reply = |msg_type: &str, content: Value| self.publisher.reply(request, msg_type, content);
        let content = &request.content;
        match request.header.msg_type.as_str() {
            "execute_request" => return self.execute(request, session),
            "kernel_info_request" => reply("kernel_info_reply", kernel_info()),
            "is_complete_request" => {
                reply("is_complete_reply", is_complete(content["code"].as_str().unwrap_or_default()));
            }
            "complete_request" => reply("complete_reply", complete(content, session)),
            "inspect_request" => reply("inspect_reply", inspect(content, session)),
            "history_request" => reply("history_reply", self.history(content)),
            "comm_info_request" => reply("comm_info_reply", json!({ "status": "ok", "comms": {} })),
            // Nothing of ours uses comms; a frontend that opens one is told that it is closed.
            "comm_open" => {
                let closed = json!({ "comm_id": content["comm_id"], "data": {} });
                self.publisher.publish(Some(&request.header), "comm_close", closed);
            }
            "comm_msg" | "comm_close" => {}
            other => {
                let reply_type = other.replace("_request", "_reply");
                let evalue = format!("this kernel does not know {other}");
                reply(&reply_type, error_content("UnknownRequest", &evalue, &[]));
            }
        }
        0
    }

    fn execute(&mut self, request: &Message, session: &mut Result<Session, String>) -> usize {
        let content = &request.content;
        let code = content["code"].as_str().unwrap_or_default();
        let silent = content["silent"].as_bool().unwrap_or(false);
        let remember = !silent && content["store_history"].as_bool().unwrap_or(true);
        if remember && !code.trim().is_empty() {
            self.execution += 1;
            self.history.push_back((self.execution, code.to_owned()));
        }
        if !silent {
            let input = json!({ "code": code, "execution_count": self.execution });
            self.publisher.publish(Some(&request.header), "execute_input", input);
        }
        let output = Arc::new(Output::new(self.publisher.clone(), request.header.clone(), self.execution));
        let result = match session {
            Ok(session) => {
                let output = Arc::clone(&output);
                session.execute(code, Arc::new(move |event| output.put(event, silent)))
            }
            Err(message) => Err(Failure {
                name: "KernelError".to_owned(),
                value: message.clone(),
                traceback: vec![message.clone()],
            }),
        };
        output.finish();
        let Err(failure) = result else {
            let mut expressions = Map::new();
            for (name, _) in content["user_expressions"].as_object().into_iter().flatten() {
                let evalue = "user expressions are not available in Rust; run a cell instead";
                expressions.insert(name.clone(), error_content("Unsupported", evalue, &[]));
            }
            let reply = json!({
                "status": "ok",
                "execution_count": self.execution,
                "payload": [],
                "user_expressions": expressions,
            });
            self.publisher.reply(request, "execute_reply", reply);
            return 0;
        };
        // Counted before the reply: what the client sends when it knows of the failure is meant to run.
        let waiting = self.control.pending.load(Ordering::SeqCst).saturating_sub(1);
        let mut content = error_content(&failure.name, &failure.value, &failure.traceback);
        if !silent {
            self.publisher.publish(Some(&request.header), "error", content.clone());
        }
        content["execution_count"] = self.execution.into();
        self.publisher.reply(request, "execute_reply", content);
        waiting
    }

    /// After a failure the cells that were already waiting are not run: their authors expected success.
    fn abort(&self, work: &Receiver<Message>, waiting: usize) {
        for _ in 0..waiting {
            let Ok(request) = work.try_recv() else { return };
            self.publisher.during(&request, || {
                let kind = request.header.msg_type.as_str();
                if kind == "kernel_info_request" {
                    return self.publisher.reply(&request, "kernel_info_reply", kernel_info());
                }
                let mut content = error_content("Aborted", "an earlier cell failed", &[]);
                if kind == "execute_request" {
                    content["execution_count"] = self.execution.into();
                    // Frontends written for older protocols know this status.
                    content["status"] = "aborted".into();
                }
                self.publisher.reply(&request, &kind.replace("_request", "_reply"), content);
            });
            self.control.pending.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn history(&self, request: &Value) -> Value {
        let last = request["n"].as_u64().and_then(|n| n.try_into().ok()).unwrap_or(usize::MAX);
        let with_output = request["output"].as_bool().unwrap_or(false);
        let pattern = request["pattern"].as_str().unwrap_or("*");
        let cells: Vec<_> = self
            .history
            .iter()
            .filter(|(number, code)| match request["hist_access_type"].as_str() {
                Some("range") => {
                    let start = request["start"].as_u64().unwrap_or(0);
                    (start..request["stop"].as_u64().unwrap_or(u64::MAX)).contains(number)
                }
                Some("search") => matches_glob(pattern, code),
                _ => true,
            })
            .map(
                |(number, code)| {
                    if with_output { json!([0, number, [code, null]]) } else { json!([0, number, code]) }
                },
            )
            .collect();
        let skip = cells.len().saturating_sub(last);
        json!({ "status": "ok", "history": cells[skip..] })
    }
}

/// `*` stands for any text, `?` for one character.
fn matches_glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
    // reached[i]: the pattern so far can end after i characters.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for symbol in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = match symbol {
                '*' => reached[at] || (at > 0 && next[at - 1]),
                '?' => at > 0 && reached[at - 1],
                c => at > 0 && reached[at - 1] && text[at - 1] == c,
            };
        }
        reached = next;
    }
    reached[text.len()]
}

fn error_content(name: &str, value: &str, traceback: &[String]) -> Value {
    json!({ "status": "error", "ename": name, "evalue": value, "traceback": traceback })
}

fn kernel_info() -> Value {
    json!({
        "status": "ok",
        "protocol_version": "5.4",
        "implementation": "sd35",
        "implementation_version": env!("CARGO_PKG_VERSION"),
        "language_info": {
            "name": "rust",
            "version": env!("CARGO_PKG_RUST_VERSION"),
            "mimetype": "text/rust",
            "file_extension": ".rs",
            "pygments_lexer": "rust",
            "codemirror_mode": "rust",
            "nbconvert_exporter": "script",
        },
        "banner": "Rust, with the lessons library of System Design in 35 Days loaded",
        "debugger": false,
        "supported_features": [],
        "help_links": [{ "text": "The Rust standard library", "url": "https://doc.rust-lang.org/std/" }],
    })
}

/// Whether Enter should run the text or continue it: open brackets and strings continue it.
fn is_complete(code: &str) -> Value {
    match crate::session::completeness(code) {
        crate::session::Completeness::Complete => json!({ "status": "complete" }),
        crate::session::Completeness::Invalid => json!({ "status": "invalid" }),
        crate::session::Completeness::Incomplete { indent } => {
            json!({ "status": "incomplete", "indent": indent })
        }
    }
}

/// Positions in messages count characters; Rust counts bytes.
fn cursor(content: &Value) -> (&str, usize) {
    let code = content["code"].as_str().unwrap_or_default();
    let characters = content["cursor_pos"].as_u64().and_then(|n| n.try_into().ok()).unwrap_or(usize::MAX);
    let bytes = code.char_indices().nth(characters).map_or(code.len(), |(at, _)| at);
    (code, bytes)
}

fn complete(content: &Value, session: &mut Result<Session, String>) -> Value {
    let (code, at) = cursor(content);
    let found = session.as_mut().ok().map(|session| session.complete(code, at)).unwrap_or_default();
    let characters = |bytes: usize| code[..bytes.min(code.len())].chars().count();
    json!({
        "status": "ok",
        "matches": found.matches,
        "cursor_start": characters(found.start),
        "cursor_end": characters(found.end.max(found.start)),
        "metadata": {},
    })
}

fn inspect(content: &Value, session: &Result<Session, String>) -> Value {
    let (code, at) = cursor(content);
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let start = code[..at].rfind(|c| !is_name(c)).map_or(0, |n| n + 1);
    let end = code[at..].find(|c| !is_name(c)).map_or(code.len(), |n| at + n);
    let name = code.get(start..end).unwrap_or_default();
    let known = session
        .as_ref()
        .ok()
        .and_then(|session| session.variables().into_iter().find(|(variable, _)| variable == name));
    match known {
        Some((name, ty)) => json!({
            "status": "ok",
            "found": true,
            "data": { "text/plain": format!("{name}: {ty}") },
            "metadata": {},
        }),
        None => json!({ "status": "ok", "found": false, "data": {}, "metadata": {} }),
    }
}

/// Sends messages out.
#[derive(Clone, Debug)]
struct Publisher {
    outbox: UnboundedSender<Message>,
    session: String,
    /// For what must be sent a little later.
    runtime: tokio::runtime::Handle,
}

impl Publisher {
    fn reply(&self, request: &Message, msg_type: &str, content: Value) {
        let _ = self.outbox.send(Message::reply(request, msg_type, content));
    }

    fn publish(&self, parent: Option<&Header>, msg_type: &str, content: Value) {
        let _ = self.outbox.send(Message::publish(parent, &self.session, msg_type, content));
    }

    fn status(&self, parent: Option<&Header>, state: &str) {
        self.publish(parent, "status", json!({ "execution_state": state }));
    }

    /// Every request is between a `busy` and an `idle`.
    fn during<T>(&self, request: &Message, answer: impl FnOnce() -> T) -> T {
        self.status(Some(&request.header), "busy");
        let answered = answer();
        self.status(Some(&request.header), "idle");
        answered
    }
}

/// The output of one cell, on its way out: text gathered into pieces, and never too much of it.
struct Output {
    publisher: Publisher,
    parent: Header,
    execution: u64,
    state: Mutex<OutputState>,
}

#[derive(Default)]
struct OutputState {
    /// Text of one stream that was not sent yet.
    text: String,
    stream: &'static str,
    sent: Option<Instant>,
    /// Held text will be sent when the pace allows it, whether or not more comes.
    scheduled: bool,
    total: usize,
    dropped: usize,
}

impl Output {
    fn new(publisher: Publisher, parent: Header, execution: u64) -> Self {
        Self { publisher, parent, execution, state: Mutex::default() }
    }

    fn put(self: &Arc<Self>, event: Event, silent: bool) {
        let mut state = lock(&self.state);
        match event {
            Event::Stdout(text) => self.text(&mut state, "stdout", &text),
            Event::Stderr(text) => self.text(&mut state, "stderr", &text),
            Event::Panic(panic) => {
                let thread = panic.thread.as_deref().unwrap_or("?");
                self.text(&mut state, "stderr", &format!("thread `{thread}` panicked: {}\n", panic.message));
            }
            Event::Display(data) => {
                self.flush(&mut state);
                let content = json!({ "data": bounded(data), "metadata": {}, "transient": {} });
                self.publisher.publish(Some(&self.parent), "display_data", content);
            }
            Event::Result(data) if !silent => {
                self.flush(&mut state);
                let content = json!({
                    "data": bounded(data), "metadata": {}, "execution_count": self.execution,
                });
                self.publisher.publish(Some(&self.parent), "execute_result", content);
            }
            _ => {}
        }
    }

    fn text(self: &Arc<Self>, state: &mut OutputState, stream: &'static str, text: &str) {
        let room = MOST_TEXT.saturating_sub(state.total);
        let kept = text.floor_char_boundary(room);
        state.total += kept;
        state.dropped += text.len() - kept;
        if kept == 0 {
            return;
        }
        if state.stream != stream {
            self.flush(state);
            state.stream = stream;
        }
        state.text.push_str(&text[..kept]);
        if state.sent.is_none_or(|sent| sent.elapsed() >= PACE) {
            self.flush(state);
        } else if !state.scheduled {
            state.scheduled = true;
            let own = Arc::clone(self);
            self.publisher.runtime.spawn(async move {
                tokio::time::sleep(PACE).await;
                let mut state = lock(&own.state);
                state.scheduled = false;
                own.flush(&mut state);
            });
        }
    }

    fn flush(&self, state: &mut OutputState) {
        if !state.text.is_empty() {
            let content = json!({ "name": state.stream, "text": std::mem::take(&mut state.text) });
            self.publisher.publish(Some(&self.parent), "stream", content);
        }
        state.sent = Some(Instant::now());
    }

    fn finish(&self) {
        let mut state = lock(&self.state);
        self.flush(&mut state);
        if state.dropped > 0 {
            let text = format!(
                "\n[output cut after {} MiB; {:.1} MB more were printed]\n",
                MOST_TEXT >> 20,
                state.dropped as f64 / 1e6
            );
            let content = json!({ "name": "stderr", "text": text });
            self.publisher.publish(Some(&self.parent), "stream", content);
        }
    }
}

/// Replaces values too large for a page by a sentence, keeping the plain text if that fits.
fn bounded(mut data: Map<String, Value>) -> Map<String, Value> {
    let size = |value: &Value| value.as_str().map_or(0, str::len);
    let total: usize = data.values().map(size).sum();
    if total > MOST_DATA {
        data.retain(|mime, value| mime == "text/plain" && size(value) <= MOST_TEXT);
        let note = format!(
            "[a result of {:.1} MB is too large to show; show a part or a summary of it]",
            total as f64 / 1e6
        );
        match data.get_mut("text/plain") {
            Some(Value::String(text)) => text.push_str(&format!("\n{note}")),
            _ => {
                data.insert("text/plain".to_owned(), note.into());
            }
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_texts() {
        assert!(matches_glob("*let*", "a let b") && matches_glob("l?t", "let") && matches_glob("*", ""));
        assert!(!matches_glob("let", "let x") && !matches_glob("?", ""));
    }

    #[test]
    fn positions_count_characters() {
        let content = json!({ "code": "é.a", "cursor_pos": 2 });
        assert_eq!(cursor(&content), ("é.a", 3));
    }

    #[test]
    fn a_huge_value_becomes_a_sentence() {
        let data = Map::from_iter([("image/svg+xml".to_owned(), Value::from("x".repeat(MOST_DATA + 1)))]);
        let shown = bounded(data);
        assert!(shown["text/plain"].as_str().is_some_and(|text| text.contains("8.4 MB")), "{shown:?}");
        assert_eq!(shown.len(), 1);
    }
}
