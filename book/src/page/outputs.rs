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

/// Tables and text; the same list is in `theme/outputs.js`.
static SANITIZER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let tags = [
        "b", "br", "caption", "code", "col", "colgroup", "dd", "div", "dl", "dt", "em", "h2", "h3", "h4",
        "h5", "hr", "i", "label", "li", "ol", "p", "pre", "progress", "section", "span", "strong", "sub",
        "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    ];
    let attributes = [
        "class",
        "colspan",
        "rowspan",
        "scope",
        "role",
        "aria-label",
        "data-passed",
        "data-diagnosis",
        "max",
        "style",
        "value",
    ];
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(tags.into())
        .generic_attributes(attributes.into())
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

/// ANSI colors as spans with classes.
fn ansi(text: &str) -> String {
    let mut html = String::new();
    let (mut bold, mut color) = (false, None);
    let mut rest = text;
    loop {
        let (part, after) =
            rest.split_once("\u{1b}[").map_or((rest, None), |(part, after)| (part, Some(after)));
        let mut classes = Vec::new();
        if bold {
            classes.push("ansi-bold".to_owned());
        }
        classes.extend(color.map(|color: u32| format!("ansi-{color}")));
        match (part.is_empty(), classes.is_empty()) {
            (true, _) => {}
            (false, true) => html.push_str(&escape(part)),
            (false, false) => {
                let _ = write!(html, "<span class=\"{}\">{}</span>", classes.join(" "), escape(part));
            }
        }
        let Some(after) = after else { return html };
        let Some(end) = after.find('m') else { return html };
        for code in after[..end].split(';') {
            match code.parse().unwrap_or(0) {
                0 => (bold, color) = (false, None),
                1 => bold = true,
                code @ (30..=37 | 90..=97) => color = Some(code % 10),
                _ => {}
            }
        }
        rest = &after[end + 1..];
    }
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

    #[test]
    fn a_drawing_is_a_picture_with_words() {
        let svg = "<svg><title id=\"t\">Load &amp; time</title><desc>It \"grows\".</desc></svg>";
        let html = html(&[json!({ "data": { "image/svg+xml": svg, "text/plain": "1 2" } })]);
        assert!(html.contains("alt=\"Load &amp; time. It &quot;grows&quot;.\""), "{html}");
        assert!(html.contains("src=\"data:image/svg+xml,%3Csvg%3E"), "{html}");
        assert!(html.contains("<summary>Numbers</summary><pre>1 2</pre>"), "{html}");
    }
}
