//! Reads one page of rustdoc's HTML.

use super::{Doc, Item, Member};

/// Methods that nearly every type has and nobody looks for.
const COMMON: [&str; 18] = [
    "borrow",
    "borrow_mut",
    "clone_from",
    "clone_into",
    "cmp",
    "eq",
    "fmt",
    "ge",
    "gt",
    "hash",
    "hash_slice",
    "le",
    "lt",
    "ne",
    "partial_cmp",
    "to_owned",
    "try_from",
    "type_id",
];

/// The item that a page is about.
pub(super) fn read(html: &str, kind: &str) -> Item {
    let signature = section(html, "<pre class=\"rust item-decl\">", "</pre>").map(plain).unwrap_or_default();
    let top = html.find("<details class=\"toggle top-doc\"").map_or("", |at| &html[at..]);
    // What every type has by blanket implementations follows this heading.
    let own = html.split("id=\"synthetic-implementations\"").next().unwrap_or(html);
    let own = own.split("id=\"blanket-implementations\"").next().unwrap_or(own);
    let mut item = Item {
        kind: kind.to_owned(),
        doc: Doc { signature, html: docblock(top).unwrap_or_default() },
        ..Item::default()
    };
    // What a type has through `Deref`, such as the methods of slices on `Vec`, cannot be called by its path.
    let derefs = own.find("id=\"deref-methods-").unwrap_or(own.len());
    let derefs = derefs..own.find("id=\"trait-implementations\"").unwrap_or(own.len());
    let starts: Vec<usize> =
        own.match_indices(" id=\"").map(|(at, marker)| at + marker.len()).chain([own.len()]).collect();
    for pair in starts.windows(2) {
        let Some((id, _)) = own[pair[0]..].split_once('"') else { continue };
        let Some((kind, name)) = id.split_once('.') else { continue };
        let kind = match kind {
            "method" | "tymethod" if derefs.contains(&pair[0]) => "deref",
            "method" | "tymethod" => "method",
            "variant" | "structfield" | "associatedconstant" => kind,
            _ => continue,
        };
        // The same name again, in another implementation, has a number; a heading in a text does too.
        if name.contains(['-', '.', '%']) || COMMON.contains(&name) || item.members.contains_key(name) {
            continue;
        }
        // Up to the next thing with documentation of its own.
        let rest = &own[pair[0]..];
        let end = rest[1..].find("<section id=").map_or(rest.len(), |at| at + 1);
        let rest = &rest[..end];
        // A stable compiler refuses these.
        if rest.contains("class=\"stab unstable\"") {
            continue;
        }
        let signature = section(rest, "class=\"code-header\">", "</h").map(plain).unwrap_or_default();
        let doc = Doc { signature, html: docblock(rest).unwrap_or_default() };
        item.members.insert(name.to_owned(), Member { kind: kind.to_owned(), doc });
    }
    item
}

/// The text between two markers.
fn section<'a>(html: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let from = html.find(start)? + start.len();
    Some(&html[from..from + html[from..].find(end)?])
}

/// The first documentation in `html`: it ends with its own `</div>`, not with one inside.
fn docblock(html: &str) -> Option<String> {
    let from = html.find("<div class=\"docblock")?;
    let from = from + html[from..].find('>')? + 1;
    let mut depth = 1_usize;
    let mut at = from;
    while depth > 0 {
        let next = html[at..].find("<div").into_iter().chain(html[at..].find("</div>")).min()?;
        let opens = html[at + next..].starts_with("<div");
        depth = if opens { depth + 1 } else { depth - 1 };
        at += next + 1;
    }
    Some(without_links(&html[from..at - 1]))
}

/// Links of a page lead nowhere outside it; what they say stays.
fn without_links(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let end = rest[at..].find('>').map_or(rest.len(), |n| at + n + 1);
        let tag = &rest[at..end];
        let link = tag.starts_with("<a ") || tag == "</a>";
        if !link {
            text.push_str(tag);
        }
        rest = &rest[end..];
        if tag.contains("doc-anchor") {
            rest = rest.trim_start_matches('§');
        }
    }
    text.push_str(rest);
    text
}

/// HTML as one piece of plain text, as it is in code.
fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut tag = false;
    for c in html.chars() {
        match c {
            '<' => tag = true,
            '>' => tag = false,
            c if !tag => text.push(c),
            _ => {}
        }
    }
    decode(&text).trim().to_owned()
}

/// HTML as paragraphs of plain text.
pub(super) fn text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    let mut code = false;
    let add = |text: &mut String, words: &str, code: bool| {
        let words = if code { decode(words) } else { decode(&words.replace('\n', " ")) };
        let new_line = text.is_empty() || text.ends_with('\n');
        text.push_str(if new_line && !code { words.trim_start() } else { &words });
    };
    while let Some(at) = rest.find('<') {
        add(&mut text, &rest[..at], code);
        let end = rest[at..].find('>').map_or(rest.len(), |n| at + n + 1);
        let name = rest[at + 1..end].split([' ', '>']).next().unwrap_or_default();
        match name {
            "pre" => code = true,
            "/pre" => {
                code = false;
                text.push_str("\n\n");
            }
            "li" => text.push_str("\n- "),
            "/p" | "/h1" | "/h2" | "/h3" | "/h4" | "/h5" | "/h6" | "/ul" | "/ol" | "/table" => {
                text.push_str("\n\n")
            }
            "/tr" | "br" => text.push('\n'),
            "/td" | "/th" => text.push_str("  "),
            _ => {}
        }
        rest = &rest[end..];
    }
    add(&mut text, rest, code);
    // No more than one empty line.
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && lines.last().is_none_or(|last| last.is_empty())) {
            lines.push(line);
        }
    }
    lines.join("\n").trim().to_owned()
}

fn decode(text: &str) -> String {
    // `&amp;` last, so that what it uncovers stays as it is.
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shape of a page of rustdoc 1.95, shortened.
    const PAGE: &str = r##"<h1>Struct <span>Bag</span></h1><pre class="rust item-decl"><code>pub struct Bag&lt;T&gt; { /* private */ }</code></pre>
<details class="toggle top-doc" open><div class="docblock"><p>Holds <a href="x.html">things</a> &amp; more.</p>
<h2 id="examples"><a class="doc-anchor" href="#examples">§</a>Examples</h2>
<div class="example-wrap"><pre class="rust"><code>let b = Bag::new();
b.len();</code></pre></div></div></details>
<h2 id="implementations">Implementations</h2><section id="impl-Bag" class="impl"><h3 class="code-header">impl Bag</h3></section>
<section id="method.new" class="method"><h4 class="code-header">pub fn <a href="n">new</a>() -&gt; Bag</h4></section><div class="docblock"><p>Empty.</p></div>
<section id="method.len" class="method"><h4 class="code-header">pub fn <a href="l">len</a>(&amp;self) -&gt; usize</h4></section>
<section id="method.push" class="method"><h4 class="code-header">pub fn push(&amp;mut self, t: T)</h4></section><div class="docblock"><p>Adds.</p></div>
<h2 id="blanket-implementations">Blanket</h2><section id="method.into" class="method"><h4 class="code-header">fn into(self)</h4></section>"##;

    #[test]
    fn a_page_has_an_item_and_its_members() {
        let item = read(PAGE, "struct");
        assert_eq!(item.doc.signature, "pub struct Bag<T> { /* private */ }");
        assert_eq!(text(&item.doc.html), "Holds things & more.\n\nExamples\n\nlet b = Bag::new();\nb.len();");
        assert_eq!(item.members.keys().collect::<Vec<_>>(), ["len", "new", "push"]);
        assert_eq!(
            item.members["len"].doc,
            Doc { signature: "pub fn len(&self) -> usize".into(), html: String::new() }
        );
        assert_eq!(item.members["push"].doc.html, "<p>Adds.</p>");
        assert!(item.members["len"].takes_self() && !item.members["new"].takes_self());
    }
}
