//! Hears both streams of the cells, each in a thread of its own.

use std::io::Read as _;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::output::{Event, Panic, Parser};
use super::{Running, Sink, lock};

/// The streams, as indices of [`Heard::marks`].
pub(super) const OUT: usize = 0;
pub(super) const ERR: usize = 1;

/// After the engine said that a cell is over, its output is already in the pipes.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct Listener {
    state: Mutex<State>,
    marked: Condvar,
}

#[derive(Default)]
struct State {
    sink: Option<Sink>,
    heard: Heard,
    /// The last mark seen, by stream.
    marks: [u64; 2],
}

/// What one cell said besides its output.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The last panic of the cell's own thread.
    pub(super) panic: Option<Panic>,
    /// The panic was not caught.
    pub(super) panicked: bool,
    /// The error that a `?` returned.
    pub(super) failed: Option<String>,
}

impl Listener {
    pub(super) fn begin(&self, sink: Sink) {
        let mut state = lock(&self.state);
        state.sink = Some(sink);
        state.heard = Heard::default();
    }

    /// The sink stays: a thread that a cell left behind may still print.
    pub(super) fn finish(&self) -> Heard {
        std::mem::take(&mut lock(&self.state).heard)
    }

    pub(super) fn close(&self) {
        lock(&self.state).sink = None;
    }

    pub(super) fn wait_for(&self, mark: u64) {
        let deadline = Instant::now() + PATIENCE;
        let mut state = lock(&self.state);
        while state.marks.iter().any(|seen| *seen < mark) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state =
                self.marked.wait_timeout(state, left).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    pub(super) fn listen(
        self: &Arc<Self>,
        stream: usize,
        mut pipe: std::io::PipeReader,
        mut parser: Parser,
        running: &Arc<Mutex<Running>>,
    ) {
        let listener = Arc::clone(self);
        let running = Arc::clone(running);
        std::thread::spawn(move || {
            let mut piece = vec![0; 64 << 10];
            while let Ok(length) = pipe.read(&mut piece) {
                if length == 0 {
                    return;
                }
                parser.push(&piece[..length], &mut |event| {
                    if event == Event::Begun {
                        lock(&running).begun.get_or_insert_with(Instant::now);
                    }
                    listener.hear(stream, event);
                });
            }
        });
    }

    /// Lines of the engine's own streams.
    pub(super) fn forward(
        self: &Arc<Self>,
        lines: crossbeam_channel::Receiver<String>,
        event: fn(String) -> Event,
    ) {
        let listener = Arc::clone(self);
        std::thread::spawn(move || {
            for line in lines {
                listener.hear(OUT, event(line + "\n"));
            }
        });
    }

    fn hear(&self, stream: usize, event: Event) {
        let mut state = lock(&self.state);
        match event {
            Event::Begun => {}
            Event::Mark(number) => {
                state.marks[stream] = number;
                drop(state);
                self.marked.notify_all();
            }
            Event::Panicked => state.heard.panicked = true,
            Event::Failed(message) => state.heard.failed = Some(message),
            Event::Panic(panic) if panic.thread.is_none() => state.heard.panic = Some(panic),
            event => {
                let sink = state.sink.clone();
                drop(state);
                if let Some(sink) = sink {
                    sink(event);
                }
            }
        }
    }
}
