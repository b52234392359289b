//! Markdown outside of chapters: in quizzes, cards, hints and the manifest.

/// Markdown within a line, as HTML.
pub(crate) fn inline(text: &str) -> String {
    let render = |text: &str| {
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(text));
        html.trim().replace('\n', " ")
    };
    let text = text.trim();
    let mut html = render(text);
    // "5." alone would be a list, and a list is no part of a line: its mark is meant as it stands.
    if !html.starts_with("<p>")
        && let Some(at) = text.find(|c: char| c.is_ascii_punctuation())
    {
        html = render(&format!("{}\\{}", &text[..at], &text[at..]));
    }
    html.strip_prefix("<p>").and_then(|html| html.strip_suffix("</p>")).unwrap_or(&html).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_within_a_line() {
        assert_eq!(inline("**a** `b<c`"), "<strong>a</strong> <code>b&lt;c</code>");
        assert_eq!(inline("5."), "5.");
        assert_eq!(inline("- *b*"), "- <em>b</em>");
    }
}
