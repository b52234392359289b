//! The output of one cell, on its way out: text gathered into pieces, and never too much of it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::{Control, Publisher, passed};
use crate::protocol::{Channel, Message};
use crate::session::{Event, lock};

/// More text than this from one cell is cut: nobody reads it, and pages and notebooks choke on it.
const MOST_TEXT: usize = 1 << 20;
/// A larger value (a plot of a million points) is replaced by a sentence.
const MOST_DATA: usize = 8 << 20;
/// Text is sent in pieces no more often than this, unless something else must follow it.
const PACE: Duration = Duration::from_millis(20);

/// Where the events of one cell go.
pub(super) struct Output {
    publisher: Publisher,
    control: Arc<Control>,
    request: Message,
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
    pub(super) fn new(publisher: Publisher, control: Arc<Control>, request: Message, execution: u64) -> Self {
        Self { publisher, control, request, execution, state: Mutex::default() }
    }

    fn publish(&self, msg_type: &str, content: Value) {
        self.publisher.publish(Some(&self.request.header), msg_type, content);
    }

    pub(super) fn put(self: &Arc<Self>, event: Event, silent: bool) {
        if let Event::Display(data) | Event::Result(data) = &event {
            passed::note(data);
        }
        let mut state = lock(&self.state);
        match event {
            Event::Stdout(text) => self.text(&mut state, "stdout", &text),
            Event::Stderr(text) => self.text(&mut state, "stderr", &text),
            Event::Panic(panic) => {
                let thread = panic.thread.as_deref().unwrap_or("?");
                self.text(&mut state, "stderr", &format!("thread `{thread}` panicked: {}\n", panic.message));
            }
            Event::Display(data) => self.display(&mut state, "display_data", data, None),
            Event::DisplayAt(id, data) => self.display(&mut state, "display_data", data, Some(&id)),
            Event::Update(id, data) => self.display(&mut state, "update_display_data", data, Some(&id)),
            Event::Clear { wait } => {
                self.flush(&mut state);
                self.publish("clear_output", json!({ "wait": wait }));
            }
            Event::Input { prompt, password } => {
                self.flush(&mut state);
                self.ask(&prompt, password);
            }
            Event::Result(data) if !silent => {
                self.flush(&mut state);
                let content = json!({
                    "data": bounded(data), "metadata": {}, "execution_count": self.execution,
                });
                self.publish("execute_result", content);
            }
            _ => {}
        }
    }

    fn display(&self, state: &mut OutputState, msg_type: &str, data: Map<String, Value>, id: Option<&str>) {
        self.flush(state);
        let transient = id.map_or_else(|| json!({}), |id| json!({ "display_id": id }));
        self.publish(msg_type, json!({ "data": bounded(data), "metadata": {}, "transient": transient }));
    }

    /// Passes a question of the cell on to the client that sent it.
    fn ask(&self, prompt: &str, password: bool) {
        if self.request.content["allow_stdin"].as_bool() != Some(true) {
            self.control.answer(None);
            return;
        }
        self.control.expect_answer();
        let content = json!({ "prompt": prompt, "password": password });
        self.publisher.send(Message {
            channel: Channel::Stdin,
            ..Message::reply(&self.request, "input_request", content)
        });
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
            self.publish("stream", content);
        }
        state.sent = Some(Instant::now());
    }

    pub(super) fn finish(&self) {
        let mut state = lock(&self.state);
        self.flush(&mut state);
        if state.dropped > 0 {
            let text = format!(
                "\n[output cut after {} MiB; {:.1} MB more were printed. To see all of it, gather it in a \
                 String and write that to a file: `std::fs::write(\"all.txt\", text)?`]\n",
                MOST_TEXT >> 20,
                state.dropped as f64 / 1e6
            );
            let content = json!({ "name": "stderr", "text": text });
            self.publish("stream", content);
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
    fn a_huge_value_becomes_a_sentence() {
        let data = Map::from_iter([("image/svg+xml".to_owned(), Value::from("x".repeat(MOST_DATA + 1)))]);
        let shown = bounded(data);
        assert!(shown["text/plain"].as_str().is_some_and(|text| text.contains("8.4 MB")), "{shown:?}");
        assert_eq!(shown.len(), 1);
    }
}
