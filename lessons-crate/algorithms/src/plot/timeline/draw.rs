//! Draws a timeline: lanes and their axis, then periods, arrows and bars.

use std::fmt::Write;

use plotters::style::RGBColor;

use super::Timeline;
use crate::plot::axis::Axis;
use crate::plot::short_number;
use crate::plot::theme::{self, AXIS, GRID, INK, PAPER, SOFT, series_color};
use crate::table::escape;

const WIDTH: f64 = 720.0;
/// Where time begins and ends on the page; the names of the lanes stand left of it.
const LEFT: f64 = 96.0;
const RIGHT: f64 = 700.0;
const TOP: f64 = 62.0;
const LANE: f64 = 58.0;
const BAR: f64 = 16.0;
/// With more arrows their labels would cover each other.
const ARROW_LABELS_MAX: usize = 24;
/// The width of a letter of a label, about.
const LETTER: f64 = 6.2;

pub(super) fn svg(timeline: &Timeline) -> String {
    let height = TOP + LANE * timeline.lanes.len() as f64 + 44.0;
    let mut body =
        format!("<svg><rect x=\"0\" y=\"0\" width=\"720\" height=\"{height:.0}\" {}/>\n", fill(PAPER));
    text(&mut body, (16.0, 26.0), 17, INK, "start", &timeline.title);
    let time = TimeAxis::of(timeline);
    draw_periods(&mut body, timeline, &time);
    draw_axis(&mut body, timeline, &time);
    draw_arrows(&mut body, timeline, &time);
    draw_bars(&mut body, timeline, &time);
    for (lane, at) in timeline.points.iter().filter(|(_, at)| time.shows(*at)) {
        let (x, y) = (time.x(*at), lane_y(*lane));
        let _ = writeln!(body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" {}/>", fill(INK));
    }
    for (lane, at, label) in timeline.marks.iter().filter(|(_, at, _)| time.shows(*at)) {
        let (x, y) = (time.x(*at), lane_y(*lane));
        cross(&mut body, x, y, 6.0, series_color(1));
        text(&mut body, (x + 8.0, y + 22.0), 12, series_color(1), "start", label);
    }
    body += "</svg>";
    theme::envelope(&body, height as u32, &timeline.title, &timeline.alt)
}

fn draw_periods(body: &mut String, timeline: &Timeline, time: &TimeAxis) {
    let bottom = TOP + LANE * timeline.lanes.len() as f64;
    for (period, label) in &timeline.periods {
        let (x, end) = (time.x(period.start), time.x(period.end));
        let (width, high) = ((end - x).max(1.0), bottom - TOP + 18.0);
        let _ = writeln!(
            body,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{high:.1}\" {}/>",
            TOP - 18.0,
            fill(GRID)
        );
        text(body, (x + 4.0, TOP - 6.0), 12, SOFT, "start", label);
    }
}

fn draw_axis(body: &mut String, timeline: &Timeline, time: &TimeAxis) {
    let bottom = TOP + LANE * timeline.lanes.len() as f64;
    for (lane, name) in timeline.lanes.iter().enumerate() {
        let y = lane_y(lane);
        line(body, (LEFT, y), (RIGHT, y), AXIS, 1);
        text(body, (LEFT - 8.0, y + 4.0), 13, INK, "end", name);
    }
    for tick in time.ticks() {
        let x = time.x(tick);
        line(body, (x, bottom), (x, bottom + 5.0), AXIS, 1);
        text(body, (x, bottom + 19.0), 12, SOFT, "middle", &short_number(tick));
    }
    let label =
        if timeline.unit.is_empty() { "time".to_owned() } else { format!("time ({})", timeline.unit) };
    text(body, (RIGHT, bottom + 36.0), 12, SOFT, "end", &label);
}

fn draw_arrows(body: &mut String, timeline: &Timeline, time: &TimeAxis) {
    let labeled = timeline.arrows.len() <= ARROW_LABELS_MAX;
    for arrow in &timeline.arrows {
        let (x1, y1) = (time.x(arrow.from.1), lane_y(arrow.from.0));
        let target = lane_y(arrow.to);
        // A lost one ends half way.
        let (x2, y2, color) = match arrow.arrived {
            Some(at) => (time.x(at), target, series_color(0)),
            None => ((x1 + 26.0).min(RIGHT), f64::midpoint(y1, target), series_color(1)),
        };
        line(body, (x1, y1), (x2, y2), color, 1);
        if arrow.arrived.is_some() {
            arrow_head(body, (x1, y1), (x2, y2), color);
        } else {
            cross(body, x2, y2, 4.0, color);
        }
        if labeled {
            // Nearer to the sender, so that the labels of question and answer stand apart.
            let (x, y) = (x1 + (x2 - x1) * 0.4, y1 + (y2 - y1) * 0.4);
            text(body, (x + 5.0, y - 2.0), 11, color, "start", &arrow.label);
        }
    }
}

fn draw_bars(body: &mut String, timeline: &Timeline, time: &TimeAxis) {
    // Up to where the labels above and below the bars of each lane reach.
    let mut taken = vec![[LEFT; 2]; timeline.lanes.len()];
    for bar in &timeline.bars {
        let (x, end, y) = (time.x(bar.time.start), time.x(bar.time.end), lane_y(bar.lane));
        let (color, width) = (series_color(2), (end - x).max(3.0));
        let dashed = if bar.time.end.is_finite() { "" } else { " stroke-dasharray=\"4 3\"" };
        let _ = writeln!(
            body,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"3\" {} stroke-width=\"2\" {}{dashed}/>",
            y - BAR / 2.0,
            fill(PAPER),
            stroke(color),
        );
        let Some(taken) = taken.get_mut(bar.lane) else { continue };
        let below = usize::from(x < taken[0] && taken[1] <= taken[0]);
        taken[below] = x + LETTER * bar.label.chars().count() as f64 + 6.0;
        let y = if below == 1 { y + BAR / 2.0 + 13.0 } else { y - BAR / 2.0 - 5.0 };
        text(body, (x, y), 12, INK, "start", &bar.label);
    }
}

/// From times to places on the page.
struct TimeAxis {
    start: f64,
    end: f64,
}

impl TimeAxis {
    fn of(timeline: &Timeline) -> Self {
        let bars = timeline.bars.iter().flat_map(|bar| [bar.time.start, bar.time.end]);
        let arrows = timeline.arrows.iter().flat_map(|a| [Some(a.from.1), a.arrived]).flatten();
        let marks = timeline.marks.iter().map(|mark| mark.1);
        let periods = timeline.periods.iter().flat_map(|(period, _)| [period.start, period.end]);
        let times = bars.chain(arrows).chain(marks).chain(periods).filter(|time| time.is_finite());
        let (start, end) = times.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), t| (a.min(t), b.max(t)));
        if start > end {
            return Self { start: 0.0, end: 1.0 };
        }
        // What never ended runs on a little beyond the rest.
        Self { start, end: end + ((end - start) * 0.03).max(1e-9) }
    }

    fn x(&self, time: f64) -> f64 {
        let share = ((time - self.start) / (self.end - self.start)).clamp(0.0, 1.0);
        LEFT + share * (RIGHT - LEFT)
    }

    /// Round times on the axis.
    fn ticks(&self) -> Vec<f64> {
        let axis = Axis::linear([self.start, self.end].into_iter(), false, false);
        axis.ticks().iter().copied().filter(|&tick| self.shows(tick)).collect()
    }

    fn shows(&self, time: f64) -> bool {
        time >= self.start && time <= self.end
    }
}

fn lane_y(lane: usize) -> f64 {
    TOP + LANE * (lane as f64 + 0.5)
}

fn hex(color: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2)
}

fn fill(color: RGBColor) -> String {
    format!("fill=\"{}\"", hex(color))
}

fn stroke(color: RGBColor) -> String {
    format!("stroke=\"{}\"", hex(color))
}

fn line(body: &mut String, from: (f64, f64), to: (f64, f64), color: RGBColor, width: u32) {
    let _ = writeln!(
        body,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke-width=\"{width}\" {}/>",
        from.0,
        from.1,
        to.0,
        to.1,
        stroke(color)
    );
}

fn cross(body: &mut String, x: f64, y: f64, size: f64, color: RGBColor) {
    line(body, (x - size, y - size), (x + size, y + size), color, 2);
    line(body, (x - size, y + size), (x + size, y - size), color, 2);
}

fn arrow_head(body: &mut String, from: (f64, f64), to: (f64, f64), color: RGBColor) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1e-9);
    let (ux, uy) = (dx / length * 8.0, dy / length * 8.0);
    let (bx, by) = (to.0 - ux, to.1 - uy);
    let _ = writeln!(
        body,
        "<polygon points=\"{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}\" {}/>",
        to.0,
        to.1,
        bx - uy * 0.4,
        by + ux * 0.4,
        bx + uy * 0.4,
        by - ux * 0.4,
        fill(color)
    );
}

fn text(body: &mut String, at: (f64, f64), size: u32, color: RGBColor, anchor: &str, words: &str) {
    let _ = writeln!(
        body,
        "<text x=\"{:.1}\" y=\"{:.1}\" font-family=\"sans-serif\" font-size=\"{size}\" text-anchor=\"{anchor}\" {}>{}</text>",
        at.0.min(WIDTH),
        at.1,
        fill(color),
        escape(words)
    );
}
