//! A client of our own kernel, over lines of JSON: how `sd35 check` runs cells exactly as a reader does.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::protocol::{Channel, Message};

/// A kernel in a process of its own; it ends when this is dropped.
#[derive(Debug)]
pub struct Client {
    process: Child,
    requests: ChildStdin,
    messages: Lines<BufReader<ChildStdout>>,
}

impl Client {
    /// Starts a fresh kernel with this `sd35`.
    ///
    /// # Errors
    ///
    /// Fails when the program cannot be started.
    pub fn start(program: &Path) -> Result<Self> {
        let mut process = Command::new(program)
            .args(["kernel", "run", "--lines"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .context("the kernel could not be started")?;
        let requests = process.stdin.take().context("no pipe to the kernel")?;
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

    /// Asks the kernel to stop the running cell.
    ///
    /// # Errors
    ///
    /// Fails when the kernel is gone.
    pub fn interrupt(&mut self) -> Result<()> {
        self.send(&Message::request(Channel::Control, "interrupt_request", json!({}))).map(drop)
    }

    /// Waits until a submitted cell is done; returns its outputs.
    ///
    /// # Errors
    ///
    /// Fails when the kernel ends meanwhile.
    pub fn outputs(&mut self, id: &str) -> Result<Vec<Value>> {
        let mut outputs = Vec::new();
        // The reply and the last news come on different channels, in either order.
        let (mut replied, mut idle) = (false, false);
        while !(replied && idle) {
            let Some(line) = self.messages.next() else { bail!("the kernel ended while a cell ran") };
            let message: Message = serde_json::from_str(&line?)?;
            if message.parent_header.as_ref().is_none_or(|parent| parent.msg_id != id) {
                continue;
            }
            match message.header.msg_type.as_str() {
                "execute_reply" => replied = true,
                "status" => idle = message.content["execution_state"] == "idle",
                kind => add_output(&mut outputs, kind, message.content),
            }
        }
        Ok(outputs)
    }

    fn send(&mut self, message: &Message) -> Result<String> {
        writeln!(self.requests, "{}", serde_json::to_string(message)?).context("the kernel is gone")?;
        Ok(message.header.msg_id.clone())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let request = Message::request(Channel::Control, "shutdown_request", json!({ "restart": false }));
        let line = serde_json::to_string(&request).unwrap_or_default();
        let asked = writeln!(self.requests, "{line}").is_ok();
        if !asked {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// Adds a message to a cell's outputs the way a notebook does: pieces of one stream become one output.
fn add_output(outputs: &mut Vec<Value>, kind: &str, content: Value) {
    match kind {
        "stream" => {
            let text = content["text"].as_str().unwrap_or_default();
            if let Some(last) = outputs.last_mut()
                && last["output_type"] == "stream"
                && last["name"] == content["name"]
                && let Some(before) = last["text"].as_str()
            {
                last["text"] = format!("{before}{text}").into();
                return;
            }
            outputs.push(json!({ "output_type": "stream", "name": content["name"], "text": text }));
        }
        "display_data" => outputs.push(json!({
            "output_type": "display_data", "data": content["data"], "metadata": content["metadata"],
        })),
        "execute_result" => outputs.push(json!({
            "output_type": "execute_result", "data": content["data"], "metadata": content["metadata"],
            "execution_count": content["execution_count"],
        })),
        "error" => outputs.push(json!({
            "output_type": "error", "ename": content["ename"], "evalue": content["evalue"],
            "traceback": content["traceback"],
        })),
        _ => {}
    }
}
