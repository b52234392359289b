//! Explorables on a page: the recorded figure, which `theme/explorable.js` brings to life.

use std::fmt::Write as _;

use crate::Explorable;
use crate::html::{escape, table};

/// The empty place for an explorable, which `insert_outputs` fills: its words are not for the search.
pub(super) fn place(name: &str) -> String {
    format!("<div class=\"explorable\" data-explorable=\"{name}\"></div>")
}

/// The recorded figure in its place, and the file of the module that draws it anew. Holds no empty line.
pub(super) fn html(explorable: &Explorable, module: Option<&str>) -> String {
    let Explorable { about, view } = explorable;
    let module = module.map_or_else(String::new, |file| format!(" data-wasm=\"{}\"", escape(file)));
    let mut html = format!(
        "<div class=\"explorable\" data-explorable=\"{name}\"{module}><figure aria-label=\"{title}\">\
         <figcaption><strong>{title}{stop}</strong> {words}</figcaption>\
         <div class=\"drawing\">{svg}</div><dl class=\"facts\">",
        name = escape(&about.name),
        title = escape(&about.title),
        stop = if about.title.ends_with('?') { "" } else { "." },
        words = escape(&about.about),
        svg = view.svg,
    );
    for fact in &view.facts {
        let _ = write!(html, "<div><dt>{}</dt><dd>{}</dd></div>", escape(&fact.name), escape(&fact.shown));
    }
    html += "</dl><details class=\"numbers\"><summary>Numbers</summary>";
    html += &table(&view.columns, &view.rows);
    html + "</details></figure></div>"
}
