//! Timelines: who did what when, and which messages went between them (a space-time diagram).

mod draw;

use std::fmt;
use std::ops::Range;

use super::short_number;
use crate::display::{MimeBundle, Render};
use crate::table::Table;

/// The most rows of the text form.
const TEXT_ROWS_MAX: usize = 60;
/// A diagram of lanes over time: operations as bars, messages as arrows, partitions as shaded periods.
///
/// Build it with [`timeline`]. Lanes are numbered from 0, from top to bottom; times are in any one unit.
///
/// # Examples
///
/// ```
/// use lessons::plot;
///
/// let picture = plot::timeline("A write and its message")
///     .lanes(["client", "replica"])
///     .unit("ms")
///     .bar(0, 0.0..8.0, "write 1")
///     .arrow(0, 0.0, 1, 4.0, "store 1")
///     .alt("The client's write ends after the replica stored it.");
/// assert!(picture.svg().contains("store 1"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    title: String,
    alt: String,
    unit: String,
    lanes: Vec<String>,
    bars: Vec<Bar>,
    arrows: Vec<Arrow>,
    points: Vec<(usize, f64)>,
    marks: Vec<(usize, f64, String)>,
    periods: Vec<(Range<f64>, String)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Bar {
    lane: usize,
    time: Range<f64>,
    label: String,
}

#[derive(Clone, Debug, PartialEq)]
struct Arrow {
    from: (usize, f64),
    to: usize,
    /// `None` when it was lost.
    arrived: Option<f64>,
    label: String,
}

/// An empty timeline with this title.
pub fn timeline(title: impl Into<String>) -> Timeline {
    Timeline { title: title.into(), ..Timeline::default() }
}

impl Timeline {
    /// The names of the lanes, from top to bottom.
    #[must_use]
    pub fn lanes<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.lanes = names.into_iter().map(Into::into).collect();
        self
    }

    /// The unit of time.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// Something that took time; one that never ended has an infinite end.
    #[must_use]
    pub fn bar(mut self, lane: usize, time: Range<f64>, label: impl Into<String>) -> Self {
        self.bars.push(Bar { lane, time, label: label.into() });
        self
    }

    /// A moment on a bar: when an operation took effect.
    #[must_use]
    pub fn point(mut self, lane: usize, time: f64) -> Self {
        self.points.push((lane, time));
        self
    }

    /// A message that arrived.
    #[must_use]
    pub fn arrow(
        mut self,
        from: usize,
        sent: f64,
        to: usize,
        arrived: f64,
        label: impl Into<String>,
    ) -> Self {
        self.arrows.push(Arrow { from: (from, sent), to, arrived: Some(arrived), label: label.into() });
        self
    }

    /// A message that did not.
    #[must_use]
    pub fn lost_arrow(mut self, from: usize, sent: f64, to: usize, label: impl Into<String>) -> Self {
        self.arrows.push(Arrow { from: (from, sent), to, arrived: None, label: label.into() });
        self
    }

    /// Something that happened at one moment of one lane, for example a crash.
    #[must_use]
    pub fn mark(mut self, lane: usize, time: f64, label: impl Into<String>) -> Self {
        self.marks.push((lane, time, label.into()));
        self
    }

    /// A period that concerns all lanes, for example a partition; shaded.
    #[must_use]
    pub fn period(mut self, time: Range<f64>, label: impl Into<String>) -> Self {
        self.periods.push((time, label.into()));
        self
    }

    /// What the timeline shows, in one sentence: read aloud where it cannot be seen.
    #[must_use]
    pub fn alt(mut self, sentence: impl Into<String>) -> Self {
        self.alt = sentence.into();
        self
    }

    /// The diagram as a self-contained SVG document, 720 wide.
    pub fn svg(&self) -> String {
        draw::svg(self)
    }

    /// Everything in order of time, one row each.
    fn data(&self) -> Table {
        let lane = |lane: usize| self.lanes.get(lane).cloned().unwrap_or_else(|| lane.to_string());
        let mut rows: Vec<(f64, String, String, String)> = Vec::new();
        for bar in &self.bars {
            let end = if bar.time.end.is_finite() { short_number(bar.time.end) } else { "never".into() };
            rows.push((bar.time.start, end, lane(bar.lane), bar.label.clone()));
        }
        for arrow in &self.arrows {
            let end = arrow.arrived.map_or("lost".into(), short_number);
            let who = format!("{} to {}", lane(arrow.from.0), lane(arrow.to));
            rows.push((arrow.from.1, end, who, arrow.label.clone()));
        }
        for (number, at, label) in &self.marks {
            rows.push((*at, String::new(), lane(*number), label.clone()));
        }
        for (period, label) in &self.periods {
            rows.push((period.start, short_number(period.end), "all".into(), label.clone()));
        }
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let unit = if self.unit.is_empty() { String::new() } else { format!(" ({})", self.unit) };
        let mut table = Table::new([format!("from{unit}"), "to".into(), "who".into(), "what".into()]);
        let count = rows.len();
        for (start, end, who, what) in rows.into_iter().take(TEXT_ROWS_MAX) {
            table.push([short_number(start), end, who, what]);
        }
        if count > TEXT_ROWS_MAX {
            table = table.caption(format!("The first {TEXT_ROWS_MAX} of {count} events:"));
        }
        table
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        if !self.alt.is_empty() {
            writeln!(f, "{}", self.alt)?;
        }
        write!(f, "{}", self.data())
    }
}

impl Render for Timeline {
    fn render(&self) -> MimeBundle {
        MimeBundle::text(self.to_string()).with("image/svg+xml", self.svg())
    }
}

crate::rich_display!(Timeline);

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Timeline {
        timeline("A <write>")
            .lanes(["a", "b"])
            .unit("ms")
            .bar(0, 0.0..8.0, "write 1")
            .bar(0, 9.0..f64::INFINITY, "write 2")
            .point(0, 4.0)
            .arrow(0, 0.0, 1, 4.0, "store 1")
            .lost_arrow(0, 9.0, 1, "store 2")
            .mark(1, 8.5, "crash")
            .period(8.0..12.0, "partition")
            .alt("It shows.")
    }

    #[test]
    fn the_text_tells_everything_in_order_of_time() {
        assert_eq!(
            example().to_string(),
            "A <write>\nIt shows.\n\
             from (ms)  to     who     what\n\
             ---------  -----  ------  ---------\n        \
             0  8      a       write 1\n        \
             0  4      a to b  store 1\n        \
             8  12     all     partition\n      \
             8.5         b       crash\n        \
             9  never  a       write 2\n        \
             9  lost   a to b  store 2"
        );
    }

    #[test]
    fn the_svg_is_accessible_self_contained_and_drawn_without_nan() {
        for picture in [example(), timeline("empty"), timeline("no time").lanes(["a"]).mark(0, 3.0, "x")] {
            let svg = picture.svg();
            assert!(svg.ends_with("</svg>\n") && svg.contains("role=\"img\""), "{svg}");
            assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("url("), "{svg}");
        }
        let svg = example().svg();
        assert!(svg.contains("A &lt;write&gt;") && svg.contains(">It shows.</desc>"));
    }
}
