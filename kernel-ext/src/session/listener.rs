//! Hears both streams of the cells, each in a thread of its own.
//!
//! Two streams have no common order. But what was written to standard error before a value was shown is in
//! its pipe when that value is heard, so the value waits until all of it was heard.

use std::io::Read as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::child::Writers;
use super::output::{Event, Panic, Parser, mark};
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
    /// The number of the last mark that was written.
    last_mark: AtomicU64,
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
    /// The cell came to its end.
    pub(super) finished: bool,
    /// Variables that are not what they were.
    pub(super) lost: Vec<String>,
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

    /// Waits until everything that the process wrote is heard: it is in the pipes by now, in front of a mark.
    pub(super) fn drain(&self, writers: &Writers) {
        let number = self.last_mark.fetch_add(1, Ordering::Relaxed) + 1;
        if writers.mark(&mark(number)).is_ok() {
            self.wait_for(number, &[OUT, ERR]);
        }
    }

    /// The same for standard error only.
    fn drain_err(&self, writers: &Writers) {
        let number = self.last_mark.fetch_add(1, Ordering::Relaxed) + 1;
        if writers.mark_err(&mark(number)).is_ok() {
            self.wait_for(number, &[ERR]);
        }
    }

    fn wait_for(&self, mark: u64, streams: &[usize]) {
        let deadline = Instant::now() + PATIENCE;
        let mut state = lock(&self.state);
        while streams.iter().any(|stream| state.marks[*stream] < mark) {
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
        writers: &Arc<Writers>,
    ) {
        let listener = Arc::clone(self);
        let running = Arc::clone(running);
        let writers = Arc::clone(writers);
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
                    let shows = matches!(event, Event::Display(_) | Event::DisplayAt(..) | Event::Result(_));
                    if stream == OUT && shows {
                        listener.drain_err(&writers);
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
            // Printed by a cell, or by someone who means harm.
            Event::Mark(number) if number > self.last_mark.load(Ordering::Relaxed) => {}
            Event::Mark(number) => {
                // Two that are written at the same time may come in either order.
                state.marks[stream] = state.marks[stream].max(number);
                drop(state);
                self.marked.notify_all();
            }
            Event::Panicked => state.heard.panicked = true,
            Event::Finished => state.heard.finished = true,
            Event::Lost(name) => state.heard.lost.push(name),
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
