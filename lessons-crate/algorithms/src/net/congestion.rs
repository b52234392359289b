//! Congestion control: how many segments may be under way, found out by losing some.
//!
//! | algorithm | after an acknowledgment | after a loss |
//! |---|---|---|
//! | [`Reno`] | one segment more for each round trip | half |
//! | [`Cubic`] | along a cubic curve of the time since the last loss | 0.7 of it |
//!
//! Both start slowly, which is fast: one segment more for each acknowledged one, so that the window doubles in each
//! round trip. [`law`] says what that gives for a loss rate, [`fairness`] why two senders come to the same share.

mod cubic;
pub mod fairness;
pub mod law;
mod reno;

use std::fmt;
use std::time::Duration;

pub use cubic::Cubic;
pub use fairness::jain_index;
pub use reno::Reno;

/// The first window, in segments (RFC 6928): ten, about 14 KB.
pub const INITIAL_WINDOW: f64 = 10.0;

/// What decides how many segments may be under way.
pub trait Congestion: fmt::Debug + Send {
    /// Its name, for tables.
    fn name(&self) -> &'static str;
    /// The window, in segments; at least 1.
    fn window(&self) -> f64;
    /// So many segments were acknowledged for the first time.
    fn acknowledged(&mut self, segments: f64, now: Duration, round_trip: Duration);
    /// A segment was lost, while others still arrive. Called once for each round trip with losses.
    fn lost(&mut self, now: Duration);
    /// The timer expired: nothing arrives any more.
    fn timed_out(&mut self, now: Duration);
    /// The same in its present state.
    fn boxed(&self) -> Box<dyn Congestion>;
}

impl Clone for Box<dyn Congestion> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}

/// Slow start: below the threshold a window grows by what is acknowledged. Returns the window, and how many of the
/// segments were acknowledged above the threshold.
fn slow_start(window: f64, threshold: f64, segments: f64) -> (f64, f64) {
    let grown = (window + segments).min(threshold).max(window);
    (grown, segments - (grown - window))
}
