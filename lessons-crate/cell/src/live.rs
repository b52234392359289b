//! Output that changes while a cell runs.

use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use algorithms::display::{MimeBundle, Render};

/// A place in a cell's output whose content can be replaced.
///
/// # Examples
///
/// ```
/// use lessons::cell::Live;
/// use lessons::plot;
///
/// let mut chart = Live::new();
/// let mut points = Vec::new();
/// for x in 0..3 {
///     points.push((f64::from(x), f64::from(x * x)));
///     chart.show(&plot::line("Growing").series("squares", points.clone()));
/// }
/// ```
#[derive(Debug)]
pub struct Live {
    id: String,
    shown: bool,
}

impl Live {
    /// A place that appears at the first [`show`](Live::show).
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // A process that was ended and started anew must not write over an older one's output.
        let id = format!("{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self { id, shown: false }
    }

    /// Shows a value here, in place of the one before.
    pub fn show(&mut self, value: &dyn Render) {
        let kind = if self.shown { "update" } else { "display" };
        self.shown = true;
        let bundle = value.render();
        if !super::send_bundle(kind, Some(&self.id), &bundle) {
            println!("{}", bundle.get("text/plain").unwrap_or_default());
        }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

/// Removes what the running cell has shown so far; with `wait`, not before it shows something new, so that
/// nothing flickers.
pub fn clear_output(wait: bool) {
    super::frame(&json!({ "kind": "clear", "wait": wait }));
}

/// How far a long piece of work is, as a bar that moves in its place.
///
/// Each [`add`](Progress::add) is also a place where the cell can be interrupted.
///
/// # Examples
///
/// ```
/// use lessons::cell::Progress;
///
/// let mut progress = Progress::new("loading", 3);
/// for _ in 0..3 {
///     progress.add(1);
/// }
/// ```
#[derive(Debug)]
pub struct Progress {
    label: String,
    done: u64,
    total: u64,
    live: Live,
    drawn: Option<Instant>,
}

/// No eye sees more than ten states a second, and a page should not have to draw more.
const PACE: Duration = Duration::from_millis(100);

impl Progress {
    /// A bar at 0 of `total` steps.
    pub fn new(label: impl Into<String>, total: u64) -> Self {
        let mut progress = Self { label: label.into(), done: 0, total, live: Live::new(), drawn: None };
        progress.draw();
        progress
    }

    /// That many more steps are done.
    ///
    /// # Panics
    ///
    /// Unwinds when the cell is interrupted.
    pub fn add(&mut self, steps: u64) {
        let before = self.done;
        self.done = self.done.saturating_add(steps).min(self.total);
        let ended = before < self.total && self.done == self.total;
        if ended || self.drawn.is_none_or(|drawn| drawn.elapsed() >= PACE) {
            self.draw();
        }
        algorithms::interrupt::checkpoint();
    }

    fn draw(&mut self) {
        self.drawn = Some(Instant::now());
        let bundle = State { label: &self.label, done: self.done, total: self.total };
        // Outside the kernel a line for each state would be noise.
        if super::attached() || self.done == self.total {
            self.live.show(&bundle);
        }
    }
}

impl Drop for Progress {
    /// Work that ends early leaves the bar where it really was.
    fn drop(&mut self) {
        if self.done < self.total {
            self.draw();
        }
    }
}

/// One state of a [`Progress`].
struct State<'a> {
    label: &'a str,
    done: u64,
    total: u64,
}

impl Render for State<'_> {
    fn render(&self) -> MimeBundle {
        const CELLS: u64 = 30;
        let Self { label, done, total } = self;
        let full = (done * CELLS).checked_div(*total).unwrap_or(CELLS);
        let bar: String = (0..CELLS).map(|cell| if cell < full { '#' } else { '.' }).collect();
        let name = algorithms::table::escape(label);
        MimeBundle::text(format!("{label} [{bar}] {done} of {total}")).with(
            "text/html",
            format!("<label>{name} <progress value=\"{done}\" max=\"{total}\"></progress> {done} of {total}</label>"),
        )
    }
}
