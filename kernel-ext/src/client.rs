//! A client of our own kernel, over lines of JSON: how `sd35 check` runs cells exactly as a reader does.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::lifetime;
use crate::protocol::{Channel, Message};
use crate::session::lock;

/// A kernel in a process of its own; it ends when this is dropped.
#[derive(Debug)]
pub struct Client {
    process: Child,
    requests: Arc<Mutex<ChildStdin>>,
    messages: Lines<BufReader<ChildStdout>>,
}

impl Client {
    /// Starts a fresh kernel with this `sd35`.
    ///
    /// # Errors
    ///
    /// Fails when the program cannot be started.
    pub fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .args(["kernel", "run", "--lines"])
            // What a check runs is not what the reader ran.
            .env("SD35_HISTORY", "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        lifetime::own_session(&mut command, None);
        let mut process = command.spawn().context("the kernel could not be started")?;
        let requests = process.stdin.take().context("no pipe to the kernel")?;
        let requests = Arc::new(Mutex::new(requests));
        let messages = BufReader::new(process.stdout.take().context("no pipe from the kernel")?).lines();
        Ok(Self { process, requests, messages })
    }

    /// Runs a cell and returns its outputs as nbformat output objects.
    ///
    /// # Errors
    ///
    /// Fails when the kernel ends meanwhile. A cell that fails is not an error: its outputs say so.
    pub fn execute(&mut self, code: &str) -> Result<Vec<Value>> {
        let id = self.submit(code)?;
        self.outputs(&id)
    }

    /// Like [`Client::execute`]; a cell that has not ended after `limit` is interrupted, and its outputs say so.
    ///
    /// # Errors
    ///
    /// Fails when the kernel ends meanwhile.
    pub fn execute_within(&mut self, code: &str, limit: Duration) -> Result<Vec<Value>> {
        let (done, ended) = mpsc::channel::<()>();
        let requests = Arc::clone(&self.requests);
        let watch = std::thread::spawn(move || {
            if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                // A kernel that is gone is noticed by the one who waits for its outputs.
                let _ = write(&requests, &interruption());
            }
        });
        let outputs = self.execute(code);
        drop(done);
        let _ = watch.join();
        outputs
    }

    /// Sends a cell and returns the id of the request, for [`Client::outputs`].
    ///
    /// # Errors
    ///
    /// Fails when the kernel is gone.
    pub fn submit(&mut self, code: &str) -> Result<String> {
        let content = json!({
            "code": code, "silent": false, "store_history": true, "allow_stdin": false,
            "stop_on_error": false, "user_expressions": {},
        });
        self.send(&Message::request(Channel::Shell, "execute_request", content))
    }

    /// Asks the kernel anything but to run a cell, and returns the content of its reply.
    ///
    /// # Errors
    ///
    /// Fails when the kernel is gone.
    pub fn ask(&mut self, msg_type: &str, content: Value) -> Result<Value> {
        let id = self.send(&Message::request(Channel::Shell, msg_type, content))?;
        loop {
            let message = self.next_message()?;
            let answers = message.parent_header.as_ref().is_some_and(|parent| parent.msg_id == id);
            if answers && message.channel == Channel::Shell {
                return Ok(message.content);
            }
        }
    }

    /// Sends any request, and returns everything that the kernel says because of it, in order: from `busy` to
    /// `idle`, and the reply if the request has one.
    ///
    /// # Errors
    ///
    /// Fails when the kernel is gone.
    pub fn exchange(&mut self, request: &Message) -> Result<Vec<Message>> {
        let id = self.send(request)?;
        let reply = request.header.msg_type.strip_suffix("_request").map(|kind| format!("{kind}_reply"));
        let mut said: Vec<Message> = Vec::new();
        loop {
            let message = self.next_message()?;
            if message.parent_header.as_ref().is_some_and(|parent| parent.msg_id == id) {
                said.push(message);
                let replied =
                    reply.as_ref().is_none_or(|kind| said.iter().any(|m| m.header.msg_type == *kind));
                if replied && said.iter().any(|m| m.content["execution_state"] == "idle") {
                    return Ok(said);
                }
            }
        }
    }

    /// Asks the kernel to stop the running cell.
    ///
    /// # Errors
    ///
    /// Fails when the kernel is gone.
    pub fn interrupt(&mut self) -> Result<()> {
        self.send(&interruption()).map(drop)
    }

    /// Waits until a submitted cell is done; returns its outputs.
    ///
    /// # Errors
    ///
    /// Fails when the kernel ends meanwhile.
    pub fn outputs(&mut self, id: &str) -> Result<Vec<Value>> {
        let mut outputs = Outputs::default();
        // The reply and the last news come on different channels, in either order.
        let (mut replied, mut idle) = (false, false);
        while !(replied && idle) {
            let message = self.next_message()?;
            if message.parent_header.as_ref().is_none_or(|parent| parent.msg_id != id) {
                continue;
            }
            match message.header.msg_type.as_str() {
                "execute_reply" => replied = true,
                "status" => idle = message.content["execution_state"] == "idle",
                kind => outputs.add(kind, message.content),
            }
        }
        Ok(outputs.shown)
    }

    fn next_message(&mut self) -> Result<Message> {
        let Some(line) = self.messages.next() else { bail!("the kernel ended meanwhile") };
        Ok(serde_json::from_str(&line?)?)
    }

    fn send(&mut self, message: &Message) -> Result<String> {
        write(&self.requests, message)?;
        Ok(message.header.msg_id.clone())
    }
}

fn write(requests: &Mutex<ChildStdin>, message: &Message) -> Result<()> {
    writeln!(lock(requests), "{}", serde_json::to_string(message)?).context("the kernel is gone")
}

fn interruption() -> Message {
    Message::request(Channel::Control, "interrupt_request", json!({}))
}

impl Drop for Client {
    fn drop(&mut self) {
        let request = Message::request(Channel::Control, "shutdown_request", json!({ "restart": false }));
        if write(&self.requests, &request).is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// A cell's outputs, kept the way a notebook keeps them.
#[derive(Debug, Default)]
struct Outputs {
    shown: Vec<Value>,
    /// Which output has which display id.
    places: HashMap<String, usize>,
    /// The next output takes the place of all.
    clear: bool,
}

impl Outputs {
    fn add(&mut self, kind: &str, content: Value) {
        let place = content["transient"]["display_id"].as_str().map(str::to_owned);
        let output = match kind {
            "clear_output" => {
                self.clear = true;
                if content["wait"] != true {
                    self.clear_now();
                }
                return;
            }
            "update_display_data" => {
                if let Some(at) = place.and_then(|id| self.places.get(&id)) {
                    self.shown[*at]["data"] = content["data"].clone();
                }
                return;
            }
            "stream" => json!({ "output_type": "stream", "name": content["name"], "text": content["text"] }),
            "display_data" => json!({
                "output_type": "display_data", "data": content["data"], "metadata": content["metadata"],
            }),
            "execute_result" => json!({
                "output_type": "execute_result", "data": content["data"], "metadata": content["metadata"],
                "execution_count": content["execution_count"],
            }),
            "error" => json!({
                "output_type": "error", "ename": content["ename"], "evalue": content["evalue"],
                "traceback": content["traceback"],
            }),
            _ => return,
        };
        if self.clear {
            self.clear_now();
        }
        if self.continues_last(&output) {
            return;
        }
        if let Some(id) = place {
            self.places.insert(id, self.shown.len());
        }
        self.shown.push(output);
    }

    fn clear_now(&mut self) {
        *self = Self::default();
    }

    /// Pieces of one stream become one output.
    fn continues_last(&mut self, output: &Value) -> bool {
        let Some(last) = self.shown.last_mut() else { return false };
        let same = output["output_type"] == "stream"
            && last["output_type"] == "stream"
            && last["name"] == output["name"];
        if same && let (Some(before), Some(text)) = (last["text"].as_str(), output["text"].as_str()) {
            last["text"] = format!("{before}{text}").into();
        }
        same
    }
}
