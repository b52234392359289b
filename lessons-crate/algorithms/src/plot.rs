//! Plots of results: lines, points and bars, as SVG for a page and as a short table for a console.
//!
//! A plot is a sentence with data: give it a title that says what was measured, axes with units, and an
//! `alt` text that says what it shows, for readers who cannot see it.
//!
//! | constructor | for |
//! |---|---|
//! | [`line()`] | how a value changes with another one: [`Plot::series`], and [`Plot::theory`] beside it |
//! | [`scatter`] | single observations: [`Plot::series`] |
//! | [`bar`] | a few named values side by side: [`Plot::bars`] |
//! | [`timeline()`] | operations and messages over time: a [`Timeline`] |
//!
//! The SVG is self-contained, follows light and dark color schemes, tells series apart by marker and dash
//! as well as by color, and is equal to the byte for equal data.

mod axis;
mod draw;
mod theme;
mod timeline;

use std::fmt;

use crate::display::{MimeBundle, Render};
use crate::table::Table;

pub use axis::short_number;
pub use timeline::{Timeline, timeline};

/// The most points of one series that are drawn; longer series are thinned evenly. More would not be
/// visible at the width of a page.
pub const POINTS_MAX: usize = 500;
/// The most rows of data in the text form.
const TEXT_ROWS_MAX: usize = 12;

/// A plot under construction, or finished: there is no difference.
///
/// # Examples
///
/// ```
/// use lessons::plot;
///
/// let squares = plot::line("Growth")
///     .x("n")
///     .y("operations")
///     .series("n squared", (1..=10).map(|n| (f64::from(n), f64::from(n * n))))
///     .alt("The number of operations grows with the square of n.");
/// assert!(squares.svg().starts_with("<svg"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    kind: Kind,
    title: String,
    x_label: String,
    y_label: String,
    x_log: bool,
    y_log: bool,
    alt: String,
    series: Vec<Series>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Line,
    Scatter,
    Bar,
}

/// Named points. In a bar plot `x` counts the bars from 0 and `labels` names them.
#[derive(Clone, Debug, PartialEq)]
struct Series {
    name: String,
    points: Vec<(f64, f64)>,
    labels: Vec<String>,
    /// A formula, drawn dashed and without markers.
    theory: bool,
}

/// A plot of lines through points; each series keeps the order of its points.
pub fn line(title: impl Into<String>) -> Plot {
    Plot::new(Kind::Line, title.into())
}

/// A plot of single points.
pub fn scatter(title: impl Into<String>) -> Plot {
    Plot::new(Kind::Scatter, title.into())
}

/// A plot of named bars, from zero up. They lie down when their labels are long.
pub fn bar(title: impl Into<String>) -> Plot {
    Plot::new(Kind::Bar, title.into())
}

impl Plot {
    fn new(kind: Kind, title: String) -> Self {
        Self {
            kind,
            title,
            x_label: String::new(),
            y_label: String::new(),
            x_log: false,
            y_log: false,
            alt: String::new(),
            series: Vec::new(),
        }
    }

    /// What the horizontal axis is, with its unit. In a bar plot: what the labels are.
    #[must_use]
    pub fn x(mut self, label: impl Into<String>) -> Self {
        self.x_label = label.into();
        self
    }

    /// What the vertical axis is, with its unit. In a bar plot: what the values are.
    #[must_use]
    pub fn y(mut self, label: impl Into<String>) -> Self {
        self.y_label = label.into();
        self
    }

    /// A logarithmic horizontal axis; points at zero or below are left out.
    #[must_use]
    pub fn log_x(mut self) -> Self {
        self.x_log = true;
        self
    }

    /// A logarithmic vertical axis; points at zero or below are left out.
    #[must_use]
    pub fn log_y(mut self) -> Self {
        self.y_log = true;
        self
    }

    /// Adds measured points. Points that are not finite are left out.
    #[must_use]
    pub fn series(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.push(name.into(), points.into_iter().collect(), Vec::new(), false)
    }

    /// Adds the points of a formula, drawn as a dashed line.
    #[must_use]
    pub fn theory(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.push(name.into(), points.into_iter().collect(), Vec::new(), true)
    }

    /// Adds one bar per label. Several calls with the same labels, in the same order, give groups of bars.
    #[must_use]
    pub fn bars<L: Into<String>>(
        self,
        name: impl Into<String>,
        bars: impl IntoIterator<Item = (L, f64)>,
    ) -> Self {
        let (labels, values): (Vec<String>, Vec<f64>) =
            bars.into_iter().map(|(label, value)| (label.into(), value)).unzip();
        let points = values.into_iter().enumerate().map(|(i, value)| (i as f64, value)).collect();
        self.push(name.into(), points, labels, false)
    }

    /// What the plot shows, in one sentence: read aloud where the plot cannot be seen.
    #[must_use]
    pub fn alt(mut self, sentence: impl Into<String>) -> Self {
        self.alt = sentence.into();
        self
    }

    /// Not generic, so that a cell compiles as little as possible.
    fn push(mut self, name: String, mut points: Vec<(f64, f64)>, labels: Vec<String>, theory: bool) -> Self {
        points.retain(|(x, y)| x.is_finite() && y.is_finite());
        self.series.push(Series { name, points, labels, theory });
        self
    }

    /// The plot as a self-contained SVG document, 720 wide.
    pub fn svg(&self) -> String {
        draw::svg(self)
    }

    /// The points of a series that its axes can show, thinned to what a page can show.
    fn visible_points(&self, series: &Series) -> Vec<(f64, f64)> {
        let shown = |&&(x, y): &&(f64, f64)| (!self.x_log || x > 0.0) && (!self.y_log || y > 0.0);
        let points: Vec<(f64, f64)> = series.points.iter().filter(shown).copied().collect();
        thin(&points, POINTS_MAX)
    }

    /// The data as a table: one row per x, one column per series.
    fn data(&self) -> Table {
        let first = if self.x_label.is_empty() { "x" } else { &self.x_label };
        let mut table = Table::new([first].into_iter().chain(self.series.iter().map(|s| s.name.as_str())));
        // A formula may be drawn at many more places than were measured.
        let any_measured = self.series.iter().any(|s| !s.theory);
        let rows = self.series.iter().filter(|s| !s.theory || !any_measured);
        let mut xs: Vec<f64> = rows.flat_map(|s| s.points.iter().map(|p| p.0)).collect();
        xs.sort_unstable_by(f64::total_cmp);
        xs.dedup();
        for x in thin(&xs, TEXT_ROWS_MAX) {
            let label = self.series.iter().find_map(|s| s.labels.get(x as usize).cloned());
            let mut row = vec![label.unwrap_or_else(|| short_number(x))];
            row.extend(self.series.iter().map(|s| {
                let point = s.points.iter().find(|p| p.0 == x);
                point.map(|p| short_number(p.1)).unwrap_or_default()
            }));
            table.push(row);
        }
        if xs.len() > TEXT_ROWS_MAX {
            table = table.caption(format!("{TEXT_ROWS_MAX} of {} points:", xs.len()));
        }
        table
    }
}

/// At most `limit` items, spread evenly, with the first and the last.
fn thin<T: Copy>(items: &[T], limit: usize) -> Vec<T> {
    if items.len() <= limit {
        return items.to_vec();
    }
    (0..limit).map(|i| items[i * (items.len() - 1) / (limit - 1)]).collect()
}

impl fmt::Display for Plot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        if !self.alt.is_empty() {
            writeln!(f, "{}", self.alt)?;
        }
        write!(f, "{}", self.data())
    }
}

impl Render for Plot {
    fn render(&self) -> MimeBundle {
        MimeBundle::text(self.to_string()).with("image/svg+xml", self.svg())
    }
}

crate::rich_display!(Plot);

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Plot {
        line("Title <1>")
            .x("n")
            .y("value")
            .series("measured", (1..=100).map(|n| (f64::from(n), f64::from(n).sqrt())))
            .theory("theory", (1..=100).map(|n| (f64::from(n), f64::from(n).sqrt())))
            .alt("It grows.")
    }

    #[test]
    fn the_text_has_title_alt_and_a_short_table() {
        let text = example().to_string();
        assert!(text.starts_with("Title <1>\nIt grows.\n12 of 100 points:\n"), "{text}");
        assert_eq!(text.lines().count(), 3 + 2 + 12);
        assert!(text.ends_with("100        10      10"), "{text}");
    }

    #[test]
    fn the_svg_is_accessible_self_contained_and_the_same_each_time() {
        let svg = example().svg();
        assert_eq!(svg, example().svg());
        for part in [
            "role=\"img\"",
            "<title id=",
            ">Title &lt;1&gt;</title>",
            ">It grows.</desc>",
            "viewBox=\"0 0 720 ",
        ] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        for foreign in ["href", "url(", "<script", "http://www.w3.org/1999/xlink"] {
            assert!(!svg.contains(foreign), "{foreign}");
        }
        assert!(svg.len() < 60_000, "{} bytes", svg.len());
    }

    #[test]
    fn long_series_are_thinned_to_a_size_that_a_page_can_hold() {
        let points =
            |phase: f64| (0..50_000).map(move |i| (f64::from(i), (f64::from(i) / 900.0 + phase).sin()));
        let svg = scatter("many").series("a", points(0.0)).series("b", points(1.0)).svg();
        assert!(svg.len() < 120_000, "{} bytes", svg.len());
    }

    #[test]
    fn degenerate_data_is_drawn_without_a_panic() {
        let nothing: [(f64, f64); 0] = [];
        let cases = [
            line("nothing"),
            line("no points").series("a", nothing),
            line("one point").series("a", [(1.0, 1.0)]),
            line("flat").series("a", [(0.0, 5.0), (1.0, 5.0)]),
            line("log of zero").log_x().log_y().series("a", [(0.0, 0.0), (1.0, 1.0)]),
            line("only below zero").log_y().series("a", [(0.0, -1.0)]),
            line("not finite").series("a", [(0.0, f64::NAN), (f64::INFINITY, 1.0), (1.0, 2.0)]),
            line("huge").series("a", [(1e-300, 1e300), (1e300, -1e300)]),
            bar("no bars"),
            bar("zero").bars("a", [("x", 0.0)]),
            bar("negative").bars("a", [("x", -1.0), ("y", 2.0)]),
            bar("log").log_y().bars("a", [("x", 0.001), ("y", 20.0)]),
        ];
        for plot in cases {
            let svg = plot.svg();
            assert!(svg.ends_with("</svg>\n"), "{}", plot.title);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", plot.title);
        }
    }
}
