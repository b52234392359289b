//! Axes with round ticks, linear, logarithmic, or named.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// About how many ticks an axis gets.
const TICKS_GOAL: f64 = 7.0;

/// One axis: the range it shows and where its ticks are.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    ticks: Vec<f64>,
    /// Names instead of numbers, one per tick.
    names: Vec<String>,
}

impl Axis {
    /// A linear axis over the values. `from_zero` makes it start there (bars); `round` stretches it to
    /// its outer ticks.
    pub(super) fn linear(values: impl Iterator<Item = f64>, from_zero: bool, round: bool) -> Self {
        // Beyond this, sums of two values would overflow.
        let (mut low, mut high) = span(values.map(|v| v.clamp(-1e150, 1e150))).unwrap_or((0.0, 1.0));
        if from_zero || (low > 0.0 && low < 0.4 * high) {
            low = low.min(0.0);
            high = high.max(0.0);
        }
        if high - low <= f64::EPSILON * high.abs().max(low.abs()) {
            let margin = if high == 0.0 { 1.0 } else { high.abs() * 0.5 };
            (low, high) = if from_zero { (0.0f64.min(low), margin) } else { (low - margin, high + margin) };
        }
        let step = round_step((high - low) / TICKS_GOAL);
        if round {
            low = (low / step).floor() * step;
            high = (high / step - 1e-9).ceil() * step;
        }
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let ticks = (first..=last).map(|i| i as f64 * step).collect();
        Self { low, high, log: false, ticks, names: Vec::new() }
    }

    /// A logarithmic axis over the values, all of them positive; `round` stretches it to its outer ticks.
    pub(super) fn log(values: impl Iterator<Item = f64>, round: bool) -> Self {
        let (low, high) = span(values.filter(|v| *v > 0.0)).unwrap_or((1.0, 10.0));
        let decades = (high / low).log10();
        let digits: &[f64] = if decades < 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let (from, to) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        let stride = ((to - from) / 8 + 1) as usize;
        let mut ticks: Vec<f64> = (from..=to)
            .step_by(stride)
            .flat_map(|exponent| digits.iter().map(move |digit| digit * 10f64.powi(exponent)))
            .collect();
        let (mut low, mut high) = (low, high);
        if round || low == high {
            low = ticks.iter().copied().rfind(|t| *t <= low * 1.000_001).unwrap_or(low);
            high = ticks.iter().copied().find(|t| *t >= high * 0.999_999).unwrap_or(high);
            if low == high {
                high = low * 10.0;
            }
        }
        ticks.retain(|t| (low * 0.999_999..=high * 1.000_001).contains(t));
        Self { low, high, log: true, ticks, names: Vec::new() }
    }

    /// One unit of length per name, its tick in the middle.
    pub(super) fn named(names: &[String], reversed: bool) -> Self {
        let count = names.len().max(1) as f64;
        let ticks = (0..names.len()).map(|i| i as f64 + 0.5).collect();
        let (low, high) = if reversed { (count, 0.0) } else { (0.0, count) };
        Self { low, high, log: false, ticks, names: names.to_vec() }
    }

    /// The end at which bars start.
    pub(super) fn base(&self) -> f64 {
        if self.log { self.low } else { 0.0 }
    }

    /// Stretches the axis beyond its highest value, so that labels have room.
    pub(super) fn headroom(mut self, share: f64) -> Self {
        self.high = if self.log {
            self.high * (self.high / self.low).powf(share)
        } else {
            self.high + (self.high - self.low) * share
        };
        self
    }

    /// The text at a tick.
    pub(super) fn label(&self, tick: f64) -> String {
        if self.names.is_empty() {
            return short_number(tick);
        }
        self.names.get(tick as usize).cloned().unwrap_or_default()
    }

    /// Where the ticks are.
    pub(super) fn ticks(&self) -> &[f64] {
        &self.ticks
    }

    /// How many ticks there are.
    pub(super) fn ticks_count(&self) -> usize {
        self.ticks.len()
    }

    /// The widest tick label, in characters.
    pub(super) fn label_width(&self) -> usize {
        self.ticks.iter().map(|tick| self.label(*tick).chars().count()).max().unwrap_or(0)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        limit.0 + (share.clamp(-0.1, 1.1) * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.label(*value)
    }
}

fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |span, v| {
        let (low, high) = span.unwrap_or((v, v));
        Some((low.min(v), high.max(v)))
    })
}

/// The next of 1, 2, 5, 10, 20, ... that is not smaller.
fn round_step(raw: f64) -> f64 {
    let magnitude = 10f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| raw <= f * magnitude * 1.000_001);
    factor.unwrap_or(10.0) * magnitude
}

/// A number for people in at most four significant digits: `0.0082`, `12.5`, `10k`, `2.5M`.
pub fn short_number(value: f64) -> String {
    let size = value.abs();
    let (scaled, unit) = match size {
        0.0 => return "0".into(),
        s if !(1e-4..1e15).contains(&s) => return trim_exponent(&format!("{value:.2e}")),
        s if s >= 1e9 => (value / 1e9, "G"),
        s if s >= 1e6 => (value / 1e6, "M"),
        s if s >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = (3 - scaled.abs().log10().floor() as i32).clamp(0, 8) as usize;
    let text = format!("{scaled:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

/// `2.50e-7` as `2.5e-7`.
fn trim_exponent(text: &str) -> String {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (0.00819, "0.00819"),
            (1.0, "1"),
            (12.5, "12.5"),
            (1234.5, "1234"),
            (10_000.0, "10k"),
            (2_500_000.0, "2.5M"),
            (-3e9, "-3G"),
            (2.5e-7, "2.5e-7"),
        ];
        for (value, text) in cases {
            assert_eq!(short_number(value), text);
        }
    }

    #[test]
    fn ticks_are_round() {
        let cases: [(&[f64], &[f64]); 3] = [
            (&[0.0, 10.0], &[0.0, 2.0, 4.0, 6.0, 8.0, 10.0]),
            (&[0.0, 3.1], &[0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5]),
            (&[-1.0, 1.0], &[-1.0, -0.5, 0.0, 0.5, 1.0]),
        ];
        for (values, ticks) in cases {
            assert_eq!(Axis::linear(values.iter().copied(), false, true).ticks, ticks, "{values:?}");
        }
        let log = Axis::log([1.0, 1000.0].into_iter(), true);
        let labels: Vec<String> = log.ticks.iter().map(|t| log.label(*t)).collect();
        assert_eq!(labels, ["1", "10", "100", "1000"]);
    }
}
