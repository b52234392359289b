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
const CONTENT: &str = "EVCXR_BEGIN_CONTENT ";
const CONTENT_END: &str = "\nEVCXR_END_CONTENT\n";
/// No frame is longer (a plot has 60 kB); a longer one is shown as text.
const LONGEST_FRAME: usize = 64 << 20;

/// The mark with this number, to be written into a stream.
pub(crate) fn mark(number: u64) -> String {
    format!("{FRAME}{{\"kind\":\"mark\",\"number\":{number}}}\n")
}

/// Cuts one stream into events. Pieces may end anywhere, also within a character or a frame.
#[derive(Debug)]
pub(crate) struct Parser {
    text: fn(String) -> Event,
    buffer: Vec<u8>,
    /// After a crash the engine's handler prints a long trace of the engine itself.
    crashed: bool,
}

impl Parser {
    pub(crate) fn stdout() -> Self {
        Self { text: Event::Stdout, buffer: Vec::new(), crashed: false }
    }

    pub(crate) fn stderr() -> Self {
        Self { text: Event::Stderr, buffer: Vec::new(), crashed: false }
    }

    /// Takes the next piece of the stream, and hands out the events that are complete.
    pub(crate) fn push(&mut self, piece: &[u8], sink: &mut dyn FnMut(Event)) {
        self.buffer.extend_from_slice(piece);
        loop {
            let Some((at, marker)) = self.first_marker() else {
                let keep = self.unfinished_tail();
                let ready = self.buffer.len() - keep;
                self.take_text(ready, sink);
                return;
            };
            self.take_text(at, sink);
            // The buffer now starts with the marker.
            let rest = &self.buffer[marker.len()..];
            let (used, event) = match marker {
                COMPLETE => (0, None),
                FRAME => match find(rest, b"\n") {
                    Some(end) => (end + 1, parse_frame(&rest[..end])),
                    None if rest.len() > LONGEST_FRAME => (0, None),
                    None => return,
                },
                _ => match find(rest, CONTENT_END.as_bytes()) {
                    Some(end) => (end + CONTENT_END.len(), parse_content(&rest[..end])),
                    None if rest.len() > LONGEST_FRAME => (0, None),
                    None => return,
                },
            };
            self.buffer.drain(..marker.len() + used);
            if let Some(event) = event {
                if matches!(event, Event::Mark(_)) {
                    self.crashed = false;
                }
                sink(event);
            }
        }
    }

    fn first_marker(&self) -> Option<(usize, &'static str)> {
        [FRAME, COMPLETE, CONTENT]
            .into_iter()
            .filter_map(|marker| Some((find(&self.buffer, marker.as_bytes())?, marker)))
            .min_by_key(|(at, _)| *at)
    }

    /// How many bytes at the end may be the start of a marker, or of a character.
    fn unfinished_tail(&self) -> usize {
        let marker = [FRAME, COMPLETE, CONTENT]
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
        let mut text = String::from_utf8_lossy(&self.buffer[..bytes]).into_owned();
        self.buffer.drain(..bytes);
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
        "failed" => Event::Failed(text("message").unwrap_or_default()),
        "mark" => Event::Mark(value["number"].as_u64()?),
        _ => return None,
    })
}

fn parse_content(block: &[u8]) -> Option<Event> {
    let block = String::from_utf8_lossy(block);
    let (mime, content) = block.split_once('\n')?;
    Some(Event::Result(Map::from_iter([(mime.trim().to_owned(), content.into())])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&[u8]]) -> Vec<Event> {
        let mut parser = Parser::stdout();
        let mut events: Vec<Event> = Vec::new();
        for piece in pieces {
            parser.push(piece, &mut |event| match (events.last_mut(), event) {
                (Some(Event::Stdout(before)), Event::Stdout(text)) => before.push_str(&text),
                (_, event) => events.push(event),
            });
        }
        events
    }

    #[test]
    fn a_frame_between_prints_keeps_its_place() {
        let stream = "one\n\u{1e}sd35 {\"kind\":\"display\",\"data\":{\"text/plain\":\"p\"}}\ntwo\n";
        let expected = vec![
            Event::Stdout("one\n".into()),
            Event::Display(Map::from_iter([("text/plain".into(), "p".into())])),
            Event::Stdout("two\n".into()),
        ];
        assert_eq!(events(&[stream.as_bytes()]), expected);
        // However the stream is cut.
        for cut in 0..stream.len() {
            assert_eq!(events(&[&stream.as_bytes()[..cut], &stream.as_bytes()[cut..]]), expected, "{cut}");
        }
    }

    #[test]
    fn the_engines_end_line_is_dropped_even_after_unfinished_text() {
        assert_eq!(
            events(&[b"no newlineEVCXR_EXECUTION_COMPLETE\n", mark(3).as_bytes()]),
            [Event::Stdout("no newline".into()), Event::Mark(3)]
        );
    }

    #[test]
    fn characters_are_never_cut() {
        let stream = "zażółć — ✓\n";
        for cut in 0..stream.len() {
            let pieces = [&stream.as_bytes()[..cut], &stream.as_bytes()[cut..]];
            assert_eq!(events(&pieces), [Event::Stdout(stream.into())], "{cut}");
        }
    }

    #[test]
    fn content_blocks_of_other_crates_are_results() {
        assert_eq!(
            events(&[b"EVCXR_BEGIN_CONTENT text/html\n<b>x</b>\nEVCXR_END_CONTENT\n"]),
            [Event::Result(Map::from_iter([("text/html".into(), "<b>x</b>".into())]))]
        );
    }

    #[test]
    fn a_crash_keeps_one_line() {
        for line in ["Segmentation fault.\n", "memory allocation of 8 bytes failed\n"] {
            let mut parser = Parser::stderr();
            let mut events = Vec::new();
            let crash = format!("{line}  0: frames\n{}", mark(1));
            parser.push(crash.as_bytes(), &mut |event| events.push(event));
            assert_eq!(events, [Event::Stderr(line.into()), Event::Mark(1)]);
        }
    }
}
