//! A small writer of SVG. Colors are classes, which `theme/figure.css` defines for light and dark pages.

use std::fmt::Write as _;

use algorithms::table::escape;

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// A drawing under construction.
#[derive(Clone, Debug, Default)]
pub struct Svg {
    body: String,
}

impl Svg {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// A box from its corner at the top left.
    pub fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        let [x, y, width, height] = [x, y, width, height].map(short);
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
        );
    }

    /// A line from a point to another.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(short);
        let _ =
            write!(self.body, "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>");
    }

    /// A circle around a point.
    pub fn circle(&mut self, class: &str, center: (f64, f64), radius: f64) {
        let [x, y, radius] = [center.0, center.1, radius].map(short);
        let _ = write!(self.body, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>");
    }

    /// A path; `data` is made with [`boxed`], [`polyline`] or by hand. Nothing is written for an empty one.
    pub fn path(&mut self, class: &str, data: &str) {
        if !data.is_empty() {
            let _ = write!(self.body, "<path class=\"{class}\" d=\"{data}\"/>");
        }
    }

    /// A text on a line at `y`.
    pub fn text(&mut self, class: &str, anchor: Anchor, x: f64, y: f64, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let [x, y] = [x, y].map(short);
        let _ =
            write!(self.body, "<text class=\"{class}\"{anchor} x=\"{x}\" y=\"{y}\">{}</text>", escape(text));
    }

    /// The finished drawing, with the words for those who cannot see it.
    pub fn finish(self, width: f64, height: f64, alt: &str) -> String {
        let [width, height] = [width, height].map(short);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sd35-figure\" role=\"img\" aria-label=\"{}\" \
             width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">{}</svg>",
            escape(alt),
            self.body
        )
    }
}

/// A box as a piece of a path: many boxes of one class are one element.
pub fn boxed(data: &mut String, x: f64, y: f64, width: f64, height: f64) {
    let [x, y, width, height] = [x, y, width, height].map(short);
    let _ = write!(data, "M{x} {y}h{width}v{height}h-{width}z");
}

/// Points joined by lines.
pub fn polyline(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut data = String::new();
    for (x, y) in points {
        let command = if data.is_empty() { 'M' } else { 'L' };
        let _ = write!(data, "{command}{} {}", short(x), short(y));
    }
    data
}

/// A tenth of a pixel is as fine as anyone sees.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
