//! Axes and curves.

use crate::svg::{Anchor, Svg, polyline};

/// One axis: from where to where, and how its ticks are written.
#[derive(Clone, Debug)]
pub struct Axis {
    min: f64,
    max: f64,
    log: bool,
    ticks: Vec<(f64, String)>,
    label: String,
}

impl Axis {
    /// From 0 to `max`, with round ticks up to it.
    pub fn from_zero(max: f64, label: &str) -> Self {
        let step = round_step(max / 4.5);
        let count = (max / step).floor() as usize;
        let ticks = (0..=count).map(|i| (i as f64 * step, number(i as f64 * step))).collect();
        Self { min: 0.0, max, log: false, ticks, label: label.to_owned() }
    }

    /// From `min` to `max`, with a tick at each of these.
    pub fn between(min: f64, max: f64, ticks: &[f64], label: &str) -> Self {
        let ticks = ticks.iter().map(|&tick| (tick, number(tick))).collect();
        Self { min, max, log: false, ticks, label: label.to_owned() }
    }

    /// Powers of ten, from one to another.
    pub fn decades(first: i32, last: i32, label: &str) -> Self {
        let ticks = (first..=last).map(|power| (10f64.powi(power), number(10f64.powi(power)))).collect();
        Self { min: 10f64.powi(first), max: 10f64.powi(last), log: true, ticks, label: label.to_owned() }
    }

    /// Other words at the ticks.
    #[must_use]
    pub fn written(mut self, write: impl Fn(f64) -> String) -> Self {
        for (value, text) in &mut self.ticks {
            *text = write(*value);
        }
        self
    }

    /// Where a value lies, from 0 at the start to 1 at the end, and never outside.
    fn place(&self, value: f64) -> f64 {
        let place = if self.log {
            (value.max(self.min).ln() - self.min.ln()) / (self.max.ln() - self.min.ln())
        } else {
            (value - self.min) / (self.max - self.min)
        };
        place.clamp(0.0, 1.0)
    }
}

/// A step of 1, 2 or 5 times a power of ten, at least as long as this.
fn round_step(at_least: f64) -> f64 {
    let at_least = at_least.max(1e-12);
    let power = 10f64.powi(at_least.log10().floor() as i32);
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|&step| step >= at_least * 0.999_999).unwrap_or(steps[3])
}

/// A number at a tick: 1500 as 1.5k.
pub fn number(value: f64) -> String {
    let (value, unit) = match value.abs() {
        large if large >= 1e6 => (value / 1e6, "M"),
        large if large >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    crate::control::short(value) + unit
}

/// The area of a chart within a drawing.
#[derive(Clone, Debug)]
pub struct Chart {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: Axis,
    y: Axis,
}

/// Room for the numbers left of a chart, above it for the name of its vertical axis, and below it.
const LEFT: f64 = 46.0;
const ABOVE: f64 = 24.0;
const BELOW: f64 = 42.0;

impl Chart {
    /// A chart with its axes, in this box of the drawing.
    pub fn draw(svg: &mut Svg, area: (f64, f64, f64, f64), x: Axis, y: Axis) -> Self {
        let (left, top, width, height) = area;
        let chart = Self {
            left: left + LEFT,
            top: top + ABOVE,
            width: width - LEFT - 10.0,
            height: height - ABOVE - BELOW,
            x,
            y,
        };
        let bottom = chart.top + chart.height;
        for (value, text) in &chart.y.ticks {
            let y = chart.y_at(*value);
            svg.line("grid", (chart.left, y), (chart.left + chart.width, y));
            svg.text("tick", Anchor::End, chart.left - 7.0, y + 4.0, text);
        }
        for (value, text) in &chart.x.ticks {
            let x = chart.x_at(*value);
            svg.line("axis", (x, bottom), (x, bottom + 4.0));
            // Nothing sticks out at the right end.
            let last = x + 10.0 > chart.left + chart.width;
            let (anchor, x) = if last { (Anchor::End, x + 8.0) } else { (Anchor::Middle, x) };
            svg.text("tick", anchor, x, bottom + 17.0, text);
        }
        svg.line("axis", (chart.left, bottom), (chart.left + chart.width, bottom));
        svg.text("name", Anchor::Start, left, top + 12.0, &chart.y.label);
        svg.text("name", Anchor::End, chart.left + chart.width, bottom + 35.0, &chart.x.label);
        chart
    }

    /// Where a value of the horizontal axis lies in the drawing.
    pub fn x_at(&self, value: f64) -> f64 {
        self.left + self.width * self.x.place(value)
    }

    /// Where a value of the vertical axis lies in the drawing.
    pub fn y_at(&self, value: f64) -> f64 {
        self.top + self.height * (1.0 - self.y.place(value))
    }

    /// Where a point of the chart lies in the drawing.
    pub fn at(&self, point: (f64, f64)) -> (f64, f64) {
        (self.x_at(point.0), self.y_at(point.1))
    }

    /// The lowest and highest place of the chart's area.
    pub fn vertical(&self) -> (f64, f64) {
        (self.top, self.top + self.height)
    }

    /// A curve through points that lie in the chart; it ends where it would leave it at the top.
    pub fn curve(&self, svg: &mut Svg, class: &str, points: &[(f64, f64)]) {
        let mut shown = Vec::new();
        for (index, &(x, y)) in points.iter().enumerate() {
            if y <= self.y.max || self.y.log {
                shown.push((x, y));
                continue;
            }
            if let Some(&(x0, y0)) = index.checked_sub(1).and_then(|before| points.get(before))
                && y.is_finite()
                && y0 <= self.y.max
            {
                shown.push((x0 + (x - x0) * (self.y.max - y0) / (y - y0), self.y.max));
            }
            break;
        }
        svg.path(class, &polyline(shown.into_iter().map(|point| self.at(point))));
    }

    /// A vertical line, for where the sliders stand.
    pub fn mark(&self, svg: &mut Svg, class: &str, x: f64) {
        let (top, bottom) = self.vertical();
        svg.line(class, (self.x_at(x), top), (self.x_at(x), bottom));
    }

    /// A dot.
    pub fn dot(&self, svg: &mut Svg, class: &str, point: (f64, f64), radius: f64) {
        svg.circle(class, self.at(point), radius);
    }
}
