//! Small result tables: aligned text in a console, a real `<table>` on a page.

use std::fmt::{self, Display};

use crate::display::{MimeBundle, Render};

/// Rows of results under named columns.
///
/// # Examples
///
/// ```
/// use lessons::table::{Table, fixed};
///
/// let table = Table::new(["policy", "p99"])
///     .caption("Latency in service times")
///     .row(["round robin".to_string(), fixed(12.345, 1)])
///     .row(["least connections".to_string(), fixed(4.0, 1)]);
/// assert!(table.to_string().contains("round robin        12.3"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    caption: Option<String>,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column headings and no rows.
    pub fn new<C: Display>(columns: impl IntoIterator<Item = C>) -> Self {
        Self {
            caption: None,
            columns: columns.into_iter().map(|name| name.to_string()).collect(),
            rows: Vec::new(),
        }
    }

    /// Says above the table what it shows, with the units.
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = Some(caption.into());
        self
    }

    /// Adds a row; missing cells stay empty.
    ///
    /// # Panics
    ///
    /// When there are more cells than columns.
    #[must_use]
    pub fn row<C: Display>(mut self, cells: impl IntoIterator<Item = C>) -> Self {
        self.push(cells);
        self
    }

    /// Adds a row in place, for loops.
    ///
    /// # Panics
    ///
    /// When there are more cells than columns.
    pub fn push<C: Display>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.push_strings(cells.into_iter().map(|cell| cell.to_string()).collect());
    }

    fn push_strings(&mut self, mut row: Vec<String>) {
        assert!(
            row.len() <= self.columns.len(),
            "a row of {} cells in a table of {} columns",
            row.len(),
            self.columns.len()
        );
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A column of numbers is aligned to the right.
    fn is_numeric(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().map(|row| &row[column]).filter(|cell| !cell.is_empty());
        !self.rows.is_empty()
            && cells.all(|cell| cell.starts_with(|c: char| c.is_ascii_digit() || "-+.".contains(c)))
    }

    fn html(&self) -> String {
        let mut html = String::from("<table class=\"sd35-table\">");
        if let Some(caption) = &self.caption {
            html += &format!("<caption>{}</caption>", escape(caption));
        }
        let numeric: Vec<bool> = (0..self.columns.len()).map(|i| self.is_numeric(i)).collect();
        let style = |column: usize| if numeric[column] { " style=\"text-align:right\"" } else { "" };
        html += "<thead><tr>";
        for (i, name) in self.columns.iter().enumerate() {
            html += &format!("<th scope=\"col\"{}>{}</th>", style(i), escape(name));
        }
        html += "</tr></thead><tbody>";
        for row in &self.rows {
            html += "<tr>";
            for (i, cell) in row.iter().enumerate() {
                // The first column names its row, unless it is itself a number.
                let (open, close) =
                    if i == 0 && !numeric[0] { ("th scope=\"row\"", "th") } else { ("td", "td") };
                html += &format!("<{open}{}>{}</{close}>", style(i), escape(cell));
            }
            html += "</tr>";
        }
        html + "</tbody></table>"
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|i| {
                let cells = self.rows.iter().map(|row| row[i].chars().count());
                cells.chain([self.columns[i].chars().count()]).max().unwrap_or(0)
            })
            .collect();
        if let Some(caption) = &self.caption {
            writeln!(f, "{caption}")?;
        }
        let mut lines = vec![self.columns.clone()];
        lines.push(widths.iter().map(|&width| "-".repeat(width)).collect());
        lines.extend(self.rows.iter().cloned());
        let last = lines.len() - 1;
        for (number, line) in lines.iter().enumerate() {
            let cells: Vec<String> = line
                .iter()
                .enumerate()
                .map(|(i, cell)| {
                    let width = widths[i];
                    if self.is_numeric(i) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
                })
                .collect();
            f.write_str(cells.join("  ").trim_end())?;
            if number < last {
                f.write_str("\n")?;
            }
        }
        Ok(())
    }
}

impl Render for Table {
    fn render(&self) -> MimeBundle {
        MimeBundle::text(self.to_string()).with("text/html", self.html())
    }
}

crate::rich_display!(Table);

/// A number with this many digits after the point.
pub fn fixed(value: f64, digits: usize) -> String {
    format!("{value:.digits$}")
}

/// A share as percent with this many digits after the point: `percent(0.0123, 1)` is `1.2%`.
pub fn percent(share: f64, digits: usize) -> String {
    format!("{:.digits$}%", share * 100.0)
}

/// A whole number with commas between thousands: `1,000,000`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Text as it may stand in HTML and SVG, also inside a double-quoted attribute.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_aligned_and_numbers_stand_right() {
        let table =
            Table::new(["k", "rate"]).row(["a".into(), fixed(10.25, 2)]).row(["long".into(), fixed(1.5, 2)]);
        assert_eq!(table.to_string(), "k      rate\n----  -----\na     10.25\nlong   1.50");
    }

    #[test]
    fn html_is_escaped_and_has_scopes() {
        let html = Table::new(["<a>"]).caption("x & y").row(["\"q\""]).html();
        assert!(html.contains("<caption>x &amp; y</caption>"));
        assert!(html.contains("<th scope=\"col\">&lt;a&gt;</th>"));
        assert!(html.contains("<th scope=\"row\">&quot;q&quot;</th>"));
    }

    #[test]
    fn numbers_for_people() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
        assert_eq!(percent(0.0123, 1), "1.2%");
    }

    #[test]
    #[should_panic(expected = "a row of 2 cells in a table of 1 columns")]
    fn too_many_cells_are_refused() {
        let _ = Table::new(["one"]).row(["a", "b"]);
    }
}
