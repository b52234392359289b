//! Text and tables as HTML, for pages and notebooks.

use std::fmt::Write as _;

/// Text in HTML; line ends as references, so that no line is empty.
pub(crate) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("&#10;"),
            '\u{1b}' => {}
            other => html.push(other),
        }
    }
    html
}

/// A table of numbers.
pub(crate) fn table(columns: &[String], rows: &[Vec<String>]) -> String {
    let mut html = String::from("<table><thead><tr>");
    for column in columns {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escape(column));
    }
    html += "</tr></thead><tbody>";
    for row in rows {
        html += "<tr>";
        for cell in row {
            let _ = write!(html, "<td>{}</td>", escape(cell));
        }
        html += "</tr>";
    }
    html + "</tbody></table>"
}
