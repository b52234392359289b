//! A Jupyter kernel without a transport: messages in, messages out (messaging specification 5.4).
//!
//! One thread owns the [`Session`] and runs requests in order. Another answers at once what must not wait
//! for a running cell: interrupts, shutdown, and questions about the kernel itself.

mod answers;
mod history;
mod output;
mod passed;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::handle::Handle;
use crate::protocol::{Channel, Header, Message};
use crate::session::{Controls, Environment, Event, Failure, Session, lock};

use answers::{bundle, complete, inspect, is_complete, kernel_info, question};
use history::History;
use output::Output;

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
        history: History::of_user(),
    };
    std::thread::Builder::new()
        .name("cells".into())
        .spawn(move || worker.run(environment, &work))
        .expect("a process can start a thread");
    tokio::spawn(async move {
        route(requests, jobs, &control, publisher).await;
        // No more jobs: the worker ends after the running cell, which is not waited for.
        if let Some(controls) = control.controls() {
            controls.kill();
        }
    });
    Handle { inbox, outbox }
}

/// What the routing task and the worker share.
#[derive(Debug, Default)]
struct Control {
    controls: Mutex<Option<Controls>>,
    /// Requests given to the worker and not yet answered; after a failure it aborts those.
    pending: AtomicUsize,
    /// A cell waits for an answer of its client.
    asking: AtomicBool,
}

impl Control {
    fn controls(&self) -> Option<Controls> {
        lock(&self.controls).clone()
    }

    /// A cell asked its client for input.
    fn expect_answer(&self) {
        self.asking.store(true, Ordering::SeqCst);
    }

    /// Passes an answer on to the cell, if it still waits for one.
    fn answer(&self, text: Option<&str>) {
        let asked = self.asking.swap(false, Ordering::SeqCst);
        if let Some(controls) = self.controls()
            && (asked || text.is_none())
        {
            controls.answer(text);
        }
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
                    if let Some(controls) = control.controls() {
                        controls.interrupt();
                    }
                    publisher.reply(&request, "interrupt_reply", json!({ "status": "ok" }));
                });
            }
            "input_reply" => control.answer(request.content["value"].as_str()),
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
    history: History,
}

impl Worker {
    fn run(mut self, environment: Environment, work: &Receiver<Message>) {
        let session = Session::start(environment).inspect(|session| {
            *lock(&self.control.controls) = Some(session.controls());
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
            "history_request" => reply("history_reply", self.history.answer(content)),
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
            self.history.push(self.execution, code);
        }
        if !silent {
            let input = json!({ "code": code, "execution_count": self.execution });
            self.publisher.publish(Some(&request.header), "execute_input", input);
        }
        let output = Arc::new(Output::new(
            self.publisher.clone(),
            Arc::clone(&self.control),
            request.clone(),
            self.execution,
        ));
        let mut payload = Vec::new();
        let result = match session {
            Ok(session) => match question(code) {
                Some(name) => session.help(name).map(|help| {
                    payload.push(json!({ "source": "page", "data": bundle(help), "start": 0 }));
                }),
                None => {
                    let output = Arc::clone(&output);
                    session.execute(code, Arc::new(move |event| output.put(event, silent)))
                }
            },
            Err(message) => Err(Failure {
                name: "KernelError".to_owned(),
                value: message.clone(),
                traceback: vec![message.clone()],
            }),
        };
        output.finish();
        let Err(failure) = result else {
            let wanted = content["user_expressions"].as_object();
            let expressions: Map<String, Value> = wanted
                .into_iter()
                .flatten()
                .map(|(name, code)| (name.clone(), evaluate(code.as_str().unwrap_or_default(), session)))
                .collect();
            let reply = json!({
                "status": "ok",
                "execution_count": self.execution,
                "payload": payload,
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
}

/// The value of an expression that a client wants to know beside the cell; what it prints is not shown.
fn evaluate(code: &str, session: &mut Result<Session, String>) -> Value {
    let Ok(session) = session else { return error_content("KernelError", "the session did not start", &[]) };
    let shown = Arc::new(Mutex::new(Map::new()));
    let sink = Arc::clone(&shown);
    let result = session.execute(
        code,
        Arc::new(move |event| {
            if let Event::Result(data) = event {
                *lock(&sink) = data;
            }
        }),
    );
    match result {
        Ok(()) => json!({ "status": "ok", "data": *lock(&shown), "metadata": {} }),
        Err(failure) => error_content(&failure.name, &failure.value, &failure.traceback),
    }
}

fn error_content(name: &str, value: &str, traceback: &[String]) -> Value {
    json!({ "status": "error", "ename": name, "evalue": value, "traceback": traceback })
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
    /// A message that nobody takes any more is dropped.
    fn send(&self, message: Message) {
        let _ = self.outbox.send(message);
    }

    fn reply(&self, request: &Message, msg_type: &str, content: Value) {
        self.send(Message::reply(request, msg_type, content));
    }

    fn publish(&self, parent: Option<&Header>, msg_type: &str, content: Value) {
        self.send(Message::publish(parent, &self.session, msg_type, content));
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
