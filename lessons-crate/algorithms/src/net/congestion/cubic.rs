//! CUBIC: back to where it hurt, carefully around it, then on.

use std::time::Duration;

use super::{Congestion, INITIAL_WINDOW, slow_start};

/// How steep the curve is, in segments per second cubed.
pub(super) const C: f64 = 0.4;
/// What is left of the window after a loss.
pub(super) const BETA: f64 = 0.7;
/// What a sender that keeps [`BETA`] must add for each round trip to get as much as Reno.
const FRIENDLY: f64 = 3.0 * (1.0 - BETA) / (1.0 + BETA);

/// The window is a cubic function of the time since the last loss: W(t) = C (t − K)³ + W_max, flat around the window
/// at which the loss came. The default of Linux, Windows and Apple systems.
///
/// Because it counts seconds and not round trips, a long path grows as fast as a short one; on short paths it never
/// gets less than Reno would.
///
/// # Complexity
///
/// A few numbers, O(1) for each acknowledgment.
///
/// # Examples
///
/// ```
/// use lessons::net::{Congestion, Cubic};
/// use std::time::Duration;
///
/// let mut cubic = Cubic::in_avoidance(100.0);
/// cubic.lost(Duration::ZERO);
/// assert_eq!(cubic.window(), 70.0);
/// ```
///
/// # Sources
///
/// L. Xu, S. Ha, I. Rhee, V. Goel and L. Eggert (ed.), "CUBIC for Fast and Long-Distance Networks", RFC 9438, 2023.
/// S. Ha, I. Rhee and L. Xu, "CUBIC: A New TCP-Friendly High-Speed TCP Variant", ACM SIGOPS Operating Systems Review
/// 42(5), 2008, doi:10.1145/1400097.1400105.
#[derive(Clone, Debug)]
pub struct Cubic {
    window: f64,
    threshold: f64,
    /// The window at the last loss, which the curve comes back to.
    plateau: f64,
    epoch: Option<Epoch>,
    fast_convergence: bool,
}

/// The time since a loss.
#[derive(Clone, Copy, Debug)]
struct Epoch {
    start: Duration,
    /// Where the curve is flat (`W_max`).
    plateau: f64,
    /// How long until the plateau is reached again, in seconds (`K`).
    until_plateau: f64,
    /// The window that Reno would have by now, with the same losses.
    reno: f64,
}

impl Default for Cubic {
    fn default() -> Self {
        Self::new()
    }
}

impl Cubic {
    /// With the initial window of ten segments.
    pub fn new() -> Self {
        Self::with_initial_window(INITIAL_WINDOW)
    }

    /// With another initial window, in segments.
    pub fn with_initial_window(segments: f64) -> Self {
        Self {
            window: segments.max(1.0),
            threshold: f64::INFINITY,
            plateau: 0.0,
            epoch: None,
            fast_convergence: true,
        }
    }

    /// With this window and past slow start: what a long transfer looks like.
    pub fn in_avoidance(window: f64) -> Self {
        Self { threshold: window, plateau: window, ..Self::with_initial_window(window) }
    }

    /// The same without fast convergence, by which a sender whose plateau sinks gives up a little more of it.
    #[must_use]
    pub fn without_fast_convergence(mut self) -> Self {
        self.fast_convergence = false;
        self
    }

    fn reduce(&mut self) {
        let sinks = self.fast_convergence && self.window < self.plateau;
        self.plateau = if sinks { self.window * (1.0 + BETA) / 2.0 } else { self.window };
        self.threshold = (self.window * BETA).max(2.0);
        self.epoch = None;
    }
}

impl Congestion for Cubic {
    fn name(&self) -> &'static str {
        "CUBIC"
    }

    fn window(&self) -> f64 {
        self.window
    }

    fn acknowledged(&mut self, segments: f64, now: Duration, round_trip: Duration) {
        let (window, rest) = slow_start(self.window, self.threshold, segments);
        self.window = window;
        if rest <= 0.0 {
            return;
        }
        let plateau = self.plateau.max(window);
        let epoch = self.epoch.get_or_insert_with(|| Epoch {
            start: now,
            plateau,
            until_plateau: ((plateau - window) / C).cbrt(),
            reno: window,
        });
        // Where the curve will be one round trip from now: that is when the segments sent now arrive.
        let time = (now.saturating_sub(epoch.start) + round_trip).as_secs_f64() - epoch.until_plateau;
        let curve = C * time.powi(3) + epoch.plateau;
        // Past the plateau Reno's rule is Reno's own again.
        let step = if epoch.reno < epoch.plateau { FRIENDLY } else { 1.0 };
        epoch.reno += step * rest / window;
        let target = curve.clamp(window, 1.5 * window);
        self.window = (window + rest * (target - window) / window).max(epoch.reno);
    }

    fn lost(&mut self, _: Duration) {
        self.reduce();
        self.window = self.threshold;
    }

    fn timed_out(&mut self, _: Duration) {
        self.reduce();
        self.window = 1.0;
    }

    fn boxed(&self) -> Box<dyn Congestion> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One round trip after the other, without loss: the windows after each.
    fn grown(mut control: Cubic, round_trip: Duration, rounds: u32) -> Vec<f64> {
        let mut windows = Vec::new();
        for round in 1..=rounds {
            for _ in 0..control.window() as u32 {
                control.acknowledged(1.0, round * round_trip, round_trip);
            }
            windows.push(control.window());
        }
        windows
    }

    #[test]
    fn after_a_loss_it_follows_the_cubic_curve() {
        // A long path, where Reno's rule is slower: the curve alone decides.
        let round_trip = Duration::from_millis(200);
        let mut cubic = Cubic::in_avoidance(1_000.0);
        cubic.lost(Duration::ZERO);
        let windows = grown(cubic, round_trip, 60);
        let k = (300.0f64 / C).cbrt();
        for (round, window) in windows.iter().enumerate().skip(3) {
            let time = 0.2 * (round + 1) as f64;
            let curve = C * (time - k).powi(3) + 1_000.0;
            assert!((window - curve).abs() < 0.02 * curve, "after {time} s: {window}, the curve has {curve}");
        }
    }

    #[test]
    fn on_a_short_path_it_gets_what_reno_gets() {
        // One millisecond: in a second Reno adds a thousand, the curve next to nothing.
        let mut cubic = Cubic::in_avoidance(100.0);
        cubic.lost(Duration::ZERO);
        let windows = grown(cubic, Duration::from_millis(1), 50);
        let added = windows[49] - 70.0;
        assert!((added - 50.0 * FRIENDLY).abs() < 2.0, "{added}");
    }
}
