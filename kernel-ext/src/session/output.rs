//! What a cell writes, cut into events: text, frames of `lessons::cell`, and the engine's own content
//! blocks (`EVCXR_BEGIN_CONTENT`), which other crates for notebooks print.

use serde_json::{Map, Value};

/// One thing that a cell put out.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Text on standard output.
    Stdout(String),
    /// Text on standard error.
    Stderr(String),
    /// A value shown midway, by media type.
    Display(Map<String, Value>),
    /// A value shown midway in a place with a name, so that it can change later.
    DisplayAt(String, Map<String, Value>),
    /// The new content of such a place.
    Update(String, Map<String, Value>),
    /// What was shown so far is to go: now, or when something new is shown.
    Clear {
        /// Not before something new is shown.
        wait: bool,
    },
    /// The cell waits for the reader to type something.
    Input {
        /// What the cell asks.
        prompt: String,
        /// What is typed must not be seen.
        password: bool,
    },
    /// The value of the last expression, by media type.
    Result(Map<String, Value>),
    /// The cell's code starts to run, after it was compiled.
    Begun,
    /// A panic, caught or not.
    Panic(Panic),
    /// The panic reached the top of the cell.
    Panicked,
    /// The cell came to its end, and its new variables are kept.
    Finished,
    /// A variable of an earlier cell is not of the type that it had, so the cell did not run.
    Lost(String),
    /// A `?` at the top of the cell returned this error.
    Failed(String),
    /// The kernel's own mark, with its number.
    Mark(u64),
}

/// Where and why a thread panicked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panic {
    /// The panic's message.
    pub message: String,
    /// The source file, as the compiler saw it.
    pub file: Option<String>,
    /// The line in that file, from 1.
    pub line: Option<usize>,
    /// The thread's name, unless it is the one that runs the cell.
    pub thread: Option<String>,
}

/// Starts a frame; the same in `lessons::cell`.
const FRAME: &str = "\u{1e}sd35 ";
/// What the engine's runtime prints after each cell, onto the same stream.
const COMPLETE: &str = "EVCXR_EXECUTION_COMPLETE\n";
/// What other crates for notebooks print around a value; a media type follows the first, and its line ends there.
const CONTENT: &str = "EVCXR_BEGIN_CONTENT ";
const CONTENT_END: &str = "\nEVCXR_END_CONTENT";
/// No frame or value is longer (a plot has 60 kB); a longer one is shown as text.
const LONGEST: usize = 64 << 20;
const LONGEST_MIME: usize = 200;

/// The mark with this number, to be written into a stream.
pub(crate) fn mark(number: u64) -> String {
    format!("{FRAME}{{\"kind\":\"mark\",\"number\":{number}}}\n")
}

/// Cuts one stream into events. Pieces may end anywhere, also within a character or a frame. Whatever a cell
/// prints, the kernel's own mark after it is found.
#[derive(Debug)]
pub(crate) struct Parser {
    text: fn(String) -> Event,
    buffer: Vec<u8>,
    /// Up to here there is no end of the frame at the start of the buffer.
    searched: usize,
    /// A value whose end has not come yet.
    content: Option<Content>,
    /// After a crash the engine's handler prints a long trace of the engine itself.
    crashed: bool,
}

#[derive(Debug)]
struct Content {
    mime: String,
    /// Starts with the end of the first line.
    body: Vec<u8>,
}

/// What becomes of a marker at the start of the buffer.
enum Marked {
    /// It needs bytes that have not come yet.
    Unfinished,
    /// So many bytes only look like one.
    Text(usize),
    /// It has so many bytes, and is done with.
    Used(usize),
}

impl Parser {
    pub(crate) fn stdout() -> Self {
        Self::new(Event::Stdout)
    }

    pub(crate) fn stderr() -> Self {
        Self::new(Event::Stderr)
    }

    fn new(text: fn(String) -> Event) -> Self {
        Self { text, buffer: Vec::new(), searched: 0, content: None, crashed: false }
    }

    /// Takes the next piece of the stream, and hands out the events that are complete.
    pub(crate) fn push(&mut self, piece: &[u8], sink: &mut dyn FnMut(Event)) {
        self.buffer.extend_from_slice(piece);
        loop {
            let Some((at, marker)) = self.first_marker() else {
                let ready = self.buffer.len() - self.unfinished_tail();
                self.take_text(ready, sink);
                return;
            };
            self.take_text(at, sink);
            // The buffer now starts with the marker.
            let marked = match marker {
                FRAME => self.frame(sink),
                CONTENT => self.begin_content(),
                CONTENT_END => self.end_content(sink),
                _ => Marked::Used(COMPLETE.len()),
            };
            match marked {
                Marked::Unfinished => return,
                Marked::Text(bytes) => self.take_text(bytes, sink),
                Marked::Used(bytes) => drop(self.buffer.drain(..bytes)),
            }
            self.searched = 0;
        }
    }

    fn frame(&mut self, sink: &mut dyn FnMut(Event)) -> Marked {
        let from = self.searched.max(FRAME.len());
        let end = self.buffer[from..].iter().position(|byte| *byte == b'\n').map(|end| from + end);
        let inside = &self.buffer[FRAME.len()..end.unwrap_or(self.buffer.len())];
        // A frame has no other inside: what a cell printed of one does not hide the next.
        if (end.is_some() || self.searched == 0)
            && let Some(next) = find(inside, FRAME.as_bytes())
        {
            return Marked::Text(FRAME.len() + next);
        }
        let Some(end) = end else {
            // The start of another may be unfinished at the end.
            self.searched = self.buffer.len();
            return if inside.len() > LONGEST { Marked::Text(FRAME.len()) } else { Marked::Unfinished };
        };
        match parse_frame(inside) {
            Some(event) => {
                if matches!(event, Event::Mark(_)) {
                    self.cut_content(sink);
                    self.crashed = false;
                }
                sink(event);
                Marked::Used(end + 1)
            }
            None => Marked::Text(FRAME.len()),
        }
    }

    /// A line that only mentions the mark has more than a media type after it.
    fn begin_content(&mut self) -> Marked {
        let rest = &self.buffer[CONTENT.len()..];
        let length = rest.iter().position(|byte| !byte.is_ascii_graphic()).unwrap_or(rest.len());
        let mime = String::from_utf8_lossy(&rest[..length]).into_owned();
        match rest.get(length) {
            None if length <= LONGEST_MIME => Marked::Unfinished,
            // The engine's own line may follow a first line that has no end.
            Some(b'\n') if mime.contains('/') && !mime.contains("EVCXR_") => {
                self.content = Some(Content { mime, body: Vec::new() });
                Marked::Used(CONTENT.len() + length)
            }
            _ => Marked::Text(CONTENT.len()),
        }
    }

    /// The end is a line of its own, or the last that the cell printed.
    fn end_content(&mut self, sink: &mut dyn FnMut(Event)) -> Marked {
        let rest = &self.buffer[CONTENT_END.len()..];
        let marker = |marker: &str| rest.starts_with(marker.as_bytes());
        let used = match rest.first() {
            Some(b'\n') => 1,
            _ if marker(FRAME) || marker(COMPLETE) => 0,
            _ if [FRAME, COMPLETE].iter().any(|marker| marker.as_bytes().starts_with(rest)) => {
                return Marked::Unfinished;
            }
            _ => return Marked::Text(CONTENT_END.len()),
        };
        if let Some(Content { mime, body }) = self.content.take() {
            let value = String::from_utf8_lossy(body.get(1..).unwrap_or_default()).into_owned();
            sink(Event::Result(Map::from_iter([(mime, value.into())])));
        }
        Marked::Used(CONTENT_END.len() + used)
    }

    /// A value without an end, when the cell is over, was text.
    fn cut_content(&mut self, sink: &mut dyn FnMut(Event)) {
        let Some(Content { mime, body }) = self.content.take() else { return };
        let (start, mut text) = (format!("{CONTENT}{mime}"), String::from_utf8_lossy(&body).into_owned());
        text.insert_str(0, &start);
        self.say(text, sink);
        sink(Event::Stderr(format!(
            "\n[`{start}` has no `{}` after it, so what follows it is shown as text]\n",
            CONTENT_END.trim_start()
        )));
    }

    fn first_marker(&self) -> Option<(usize, &'static str)> {
        // What is at the start of the buffer was found to be one.
        if self.searched > 0 {
            return Some((0, FRAME));
        }
        self.markers()
            .into_iter()
            .filter_map(|marker| Some((find(&self.buffer, marker.as_bytes())?, marker)))
            .min_by_key(|(at, _)| *at)
    }

    fn markers(&self) -> [&'static str; 3] {
        [FRAME, COMPLETE, if self.content.is_some() { CONTENT_END } else { CONTENT }]
    }

    /// How many bytes at the end may be the start of a marker, or of a character.
    fn unfinished_tail(&self) -> usize {
        let marker = self
            .markers()
            .into_iter()
            .flat_map(|marker| (1..marker.len()).map(move |n| &marker.as_bytes()[..n]))
            .filter(|start| self.buffer.ends_with(start))
            .map(<[u8]>::len)
            .max()
            .unwrap_or(0);
        let character = match std::str::from_utf8(&self.buffer) {
            Err(error) if error.error_len().is_none() => self.buffer.len() - error.valid_up_to(),
            _ => 0,
        };
        marker.max(character)
    }

    fn take_text(&mut self, bytes: usize, sink: &mut dyn FnMut(Event)) {
        if bytes == 0 {
            return;
        }
        if let Some(content) = &mut self.content {
            content.body.extend(self.buffer.drain(..bytes));
            if content.body.len() > LONGEST {
                self.cut_content(sink);
            }
            return;
        }
        let text = String::from_utf8_lossy(&self.buffer[..bytes]).into_owned();
        self.buffer.drain(..bytes);
        self.say(text, sink);
    }

    fn say(&mut self, mut text: String, sink: &mut dyn FnMut(Event)) {
        if self.crashed {
            return;
        }
        if (self.text)(String::new()) == Event::Stderr(String::new())
            && let Some(end) = end_of_crash(&text)
        {
            text.truncate(end);
            self.crashed = true;
        }
        sink((self.text)(text));
    }
}

/// Where the line ends that says why the process ends.
fn end_of_crash(text: &str) -> Option<usize> {
    const SIGNALS: [&str; 3] = ["Segmentation fault.", "Illegal instruction.", "Bus error."];
    let mut end = 0;
    text.split_inclusive('\n').find_map(|line| {
        end += line.len();
        let line = line.strip_suffix('\n')?;
        let memory = line.starts_with("memory allocation of ") && line.ends_with(" bytes failed");
        (memory || SIGNALS.iter().any(|signal| line.ends_with(signal))).then_some(end)
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|&b| b == first) {
        if haystack[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

fn parse_frame(json: &[u8]) -> Option<Event> {
    let mut value: Value = serde_json::from_slice(json).ok()?;
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    Some(match value["kind"].as_str()? {
        kind @ ("display" | "update" | "result") => {
            let id = text("id");
            let place: fn(String, Map<String, Value>) -> Event =
                if kind == "update" { Event::Update } else { Event::DisplayAt };
            let shown = if kind == "result" { Event::Result } else { Event::Display };
            let Value::Object(data) = value["data"].take() else { return None };
            match id {
                Some(id) => place(id, data),
                None => shown(data),
            }
        }
        "stderr" => Event::Stderr(text("text")?),
        "clear" => Event::Clear { wait: value["wait"].as_bool().unwrap_or(false) },
        "input" => Event::Input {
            prompt: text("prompt").unwrap_or_default(),
            password: value["password"].as_bool().unwrap_or(false),
        },
        "panic" => Event::Panic(Panic {
            message: text("message").unwrap_or_default(),
            file: text("file"),
            line: value["line"].as_u64().and_then(|line| line.try_into().ok()),
            thread: text("thread"),
        }),
        "begun" => Event::Begun,
        "panicked" => Event::Panicked,
        "finished" => Event::Finished,
        "lost" => Event::Lost(text("name")?),
        "failed" => Event::Failed(text("message").unwrap_or_default()),
        "mark" => Event::Mark(value["number"].as_u64()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
