//! Recorded outputs as HTML, in the markup that `theme/outputs.js` makes of live ones.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::Value;

use crate::html::escape;

/// The outputs of one cell. Holds no empty line, which would end a block of HTML in Markdown.
pub(super) fn html(outputs: &[Value]) -> String {
    outputs.iter().map(output).collect()
}

fn output(output: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match output["output_type"].as_str() {
        Some("stream") => {
            let name = if output["name"] == "stderr" { "stderr" } else { "stdout" };
            format!("<pre class=\"out {name}\">{}</pre>", ansi(&text(&output["text"])))
        }
        Some("error") => {
            let lines = output["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str);
            format!("<pre class=\"out error\">{}</pre>", ansi(&lines.collect::<Vec<_>>().join("\n")))
        }
        _ => value(&output["data"]),
    }
}

fn value(data: &Value) -> String {
    let get = |mime: &str| data[mime].as_str();
    let plain = get("text/plain");
    if let Some(svg) = get("image/svg+xml") {
        let numbers = plain.map_or_else(String::new, |plain| {
            format!(
                "<details class=\"numbers\"><summary>Numbers</summary><pre>{}</pre></details>",
                escape(plain)
            )
        });
        return format!(
            "<figure class=\"out plot\"><img alt=\"{}\" src=\"data:image/svg+xml,{}\">{numbers}</figure>",
            escape(&alternative(svg)),
            percent(svg)
        );
    }
    if let Some(html) = get("text/html") {
        return format!("<div class=\"out html\">{}</div>", SANITIZER.clean(html));
    }
    format!("<pre class=\"out result\">{}</pre>", escape(plain.unwrap_or_default()))
}

/// Tables and text; the same lists are in `theme/pure/markup.js`.
const TAGS: [&str; 36] = [
    "b", "br", "caption", "code", "col", "colgroup", "dd", "div", "dl", "dt", "em", "h2", "h3", "h4", "h5",
    "hr", "i", "label", "li", "ol", "p", "pre", "progress", "section", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
];
const ATTRIBUTES: [&str; 9] =
    ["aria-label", "colspan", "data-diagnosis", "data-passed", "max", "role", "rowspan", "scope", "value"];

/// The classes of tables and reports. With those of the page's own parts an output could lie on top of them.
const CLASSES: [&str; 6] = ["failed", "not", "passed", "run", "sd35-report", "sd35-table"];

static SANITIZER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    // Of a style nothing is kept but how text is aligned.
    builder
        .tags(TAGS.into())
        .generic_attributes(ATTRIBUTES.into_iter().chain(["style"]).collect())
        .allowed_classes(TAGS.map(|tag| (tag, CLASSES.into())).into())
        .filter_style_properties(["text-align"].into());
    builder
});

/// The title and description that a drawing carries.
fn alternative(svg: &str) -> String {
    let part = |tag: &str| {
        let start = svg.find(&format!("<{tag}"))?;
        let text = &svg[start + svg[start..].find('>')? + 1..];
        Some(text[..text.find("</")?].to_owned())
    };
    let parts: Vec<_> = [part("title"), part("desc")].into_iter().flatten().collect();
    // The text is XML already; it gets escaped again on its way into the attribute.
    ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"]
        .into_iter()
        .zip(["&", "<", ">", "\"", "'"])
        .rev()
        .fold(parts.join(". "), |text, (entity, character)| text.replace(entity, character))
}

/// Percent-encodes what may not stand in a URL or an attribute.
fn percent(text: &str) -> String {
    let mut url = String::with_capacity(text.len() * 5 / 4);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'/'
            | b':'
            | b'='
            | b','
            | b';'
            | b'('
            | b')'
            | b'*'
            | b'!'
            | b'@'
            | b'+'
            | b'$' => url.push(char::from(byte)),
            _ => {
                let _ = write!(url, "%{byte:02X}");
            }
        }
    }
    url
}

/// ANSI colors as spans with classes; `theme/pure/ansi.js` does the same for live outputs.
fn ansi(text: &str) -> String {
    let mut html = String::new();
    for (part, classes) in colored(text) {
        if classes.is_empty() {
            html.push_str(&escape(part));
        } else {
            let _ = write!(html, "<span class=\"{classes}\">{}</span>", escape(part));
        }
    }
    html
}

/// The pieces of a text, each with the classes of its color.
fn colored(text: &str) -> Vec<(&str, String)> {
    let mut pieces = Vec::new();
    let (mut bold, mut color) = (false, None);
    let (mut rest, mut from) = (text, 0);
    while let Some(at) = rest[from..].find("\u{1b}[").map(|at| from + at) {
        let codes = &rest[at + 2..];
        let end = codes.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(codes.len());
        if !codes[end..].starts_with('m') {
            // Some other control sequence, which loses its escape like any other character that is none.
            from = at + 2;
            continue;
        }
        pieces.push((&rest[..at], classes(bold, color)));
        for code in codes[..end].split(';') {
            match code.parse().unwrap_or(0) {
                0 => (bold, color) = (false, None),
                1 => bold = true,
                code @ (30..=37 | 90..=97) => color = Some(code % 10),
                _ => {}
            }
        }
        (rest, from) = (&codes[end + 1..], 0);
    }
    pieces.push((rest, classes(bold, color)));
    pieces.retain(|(part, _)| !part.is_empty());
    pieces
}

fn classes(bold: bool, color: Option<u32>) -> String {
    let color = color.map(|color| format!("ansi-{color}"));
    let names: Vec<_> = bold.then(|| "ansi-bold".to_owned()).into_iter().chain(color).collect();
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_in_an_output_can_run() {
        let data = json!({ "data": { "text/html":
            "<table onclick=\"x()\"><tr><td style=\"text-align:right;color:red\">1</td></tr></table>\
             <script>alert(1)</script><img src=x onerror=alert(1)>" } });
        let html = html(&[data]);
        assert!(html.contains("text-align:right") && html.contains("<table>"), "{html}");
        for bad in ["script", "onclick", "onerror", "<img", "color:red"] {
            assert!(!html.contains(bad), "{bad} in {html}");
        }
        let text = html_of_text("<b>&\n\n");
        assert_eq!(text, "<pre class=\"out stdout\">&lt;b&gt;&amp;&#10;&#10;</pre>");
    }

    fn html_of_text(text: &str) -> String {
        html(&[json!({ "output_type": "stream", "name": "stdout", "text": text })])
    }

    #[test]
    fn colors_become_classes() {
        assert_eq!(ansi("a\u{1b}[1m\u{1b}[91mb\u{1b}[0mc"), "a<span class=\"ansi-bold ansi-1\">b</span>c");
    }

    /// The page's script is tested with the same cases.
    #[test]
    fn colors_are_those_of_live_outputs() {
        let cases: Value =
            serde_json::from_str(include_str!("../../theme/tests/ansi.json")).expect("a table of cases");
        for case in cases.as_array().expect("cases") {
            let piece = |piece: &Value| match (piece[0].as_str(), piece[1].as_str()) {
                (Some(text), Some("")) => escape(text),
                (Some(text), Some(classes)) => format!("<span class=\"{classes}\">{}</span>", escape(text)),
                _ => panic!("no piece: {piece}"),
            };
            let expected: String = case["pieces"].as_array().expect("pieces").iter().map(piece).collect();
            assert_eq!(ansi(case["text"].as_str().expect("a text")), expected, "{case}");
        }
    }

    #[test]
    fn what_html_may_hold_is_what_it_may_hold_in_live_outputs() {
        let script = include_str!("../../theme/pure/markup.js");
        let list = |name: &str| {
            let (_, list) = script.split_once(&format!("export const {name} = new Set((")).expect("a list");
            let (list, _) = list.split_once(".split(\" \")").expect("its end");
            // Strings that are added: what stands in every second piece between quotation marks.
            let words: String = list.split('"').skip(1).step_by(2).collect();
            words.split(' ').map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(list("TAGS"), TAGS);
        assert_eq!(list("ATTRIBUTES"), ATTRIBUTES);
        assert_eq!(list("CLASSES"), CLASSES);
    }

    #[test]
    fn an_output_cannot_take_the_place_of_a_part_of_the_page() {
        let data = |html: &str| json!({ "data": { "text/html": html } });
        let html =
            html(&[data("<div class=\"sd35-toolbar sidebar\"><p class=\"sd35-table passed\">x</p></div>")]);
        assert!(html.contains("<p class=\"sd35-table passed\">x</p>"), "{html}");
        assert!(!html.contains("toolbar") && !html.contains("sidebar"), "{html}");
    }

    #[test]
    fn a_drawing_is_a_picture_with_words() {
        let svg = "<svg><title id=\"t\">Load &amp; time</title><desc>It \"grows\".</desc></svg>";
        let html = html(&[json!({ "data": { "image/svg+xml": svg, "text/plain": "1 2" } })]);
        assert!(html.contains("alt=\"Load &amp; time. It &quot;grows&quot;.\""), "{html}");
        assert!(html.contains("src=\"data:image/svg+xml,%3Csvg%3E"), "{html}");
        assert!(html.contains("<summary>Numbers</summary><pre>1 2</pre>"), "{html}");
    }
}
