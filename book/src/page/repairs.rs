//! Small repairs of the markup that mdBook writes around a chapter, for those who do not see it, use no mouse or
//! have a slow network.
//!
//! A repair that no longer finds what it is for would be a page that is worse, and nobody would be told. So each
//! says what it looks for, and one that does not find it, or finds more, is an error.

use anyhow::{Context as _, Result, ensure};

/// What is replaced exactly once on every page, and why.
const ONCE: [(&str, &str, &str); 2] = [
    (
        "the bar at the top is a landmark",
        "<div id=\"mdbook-menu-bar\" class=\"",
        "<div id=\"mdbook-menu-bar\" role=\"banner\" class=\"",
    ),
    (
        "a page has one title",
        "<h1 class=\"menu-title\">System Design in 35 Days</h1>",
        "<div class=\"menu-title\">System Design in 35 Days</div>",
    ),
];

/// The page with all repairs.
pub(super) fn repaired(page: &str) -> Result<String> {
    let page = ONCE.iter().try_fold(page.to_owned(), |page, (why, from, to)| once(&page, why, from, to))?;
    corners(&deferred(&toggle(&page)?)?)
}

/// Replaces `from` by `to`, for the reason `why`.
///
/// # Errors
///
/// Fails unless `from` is there exactly once.
pub(super) fn once(text: &str, why: &str, from: &str, to: &str) -> Result<String> {
    let found = text.matches(from).count();
    ensure!(found == 1, "{why}: `{from}` is there {found} times instead of once; is its markup another now?");
    Ok(text.replacen(from, to, 1))
}

/// What opens the sidebar is a button. (See `theme/reading.js` for what a click on it does.)
fn toggle(page: &str) -> Result<String> {
    const WHY: &str = "what opens the sidebar is a button";
    const START: &str = "<label id=\"mdbook-sidebar-toggle\"";
    const END: &str = "</label>";
    ensure!(page.matches(START).count() == 1, "{WHY}: `{START}` is not there once");
    let (before, label) = page.split_once(START).context(WHY)?;
    let (label, after) = label.split_once(END).with_context(|| format!("{WHY}: no `{END}` closes it"))?;
    let label = once(label, WHY, " for=\"mdbook-sidebar-toggle-anchor\"", "")?;
    Ok(format!("{before}<button type=\"button\" id=\"mdbook-sidebar-toggle\"{label}</button>{after}"))
}

/// Scripts wait until the text is there, and load side by side.
fn deferred(page: &str) -> Result<String> {
    const WHY: &str = "scripts wait until the text is there";
    let page = page.replace("<script src=", "<script defer src=");
    let mut tags = tags(&page, "<script ").filter(|(tag, _)| tag.contains(" src=")).peekable();
    ensure!(tags.peek().is_some(), "{WHY}: there is no `<script src=`");
    for (tag, _) in tags {
        let waits = [" defer", " async", " type=\"module\""].iter().any(|word| tag.contains(word));
        ensure!(waits, "{WHY}: `<script{tag}>` does not");
    }
    Ok(page)
}

/// An empty corner of a table is not a heading. Not every page has a table.
fn corners(page: &str) -> Result<String> {
    const WHY: &str = "an empty corner of a table is not a heading";
    let page = page.replace("<th></th>", "<td></td>").replace("<th scope=\"col\"></th>", "<td></td>");
    let mut headings = tags(&page, "<th").filter(|(tag, _)| tag.is_empty() || tag.starts_with(' '));
    if let Some((tag, _)) = headings.find(|(_, after)| after.trim_start().starts_with("</th>")) {
        anyhow::bail!("{WHY}: `<th{tag}></th>` is");
    }
    drop(headings);
    Ok(page)
}

/// The tags that start so: the rest of each, and what comes after it.
fn tags<'a>(page: &'a str, start: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let keep = start.trim_end().len();
    page.match_indices(start).filter_map(move |(at, _)| page[at + keep..].split_once('>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<script>own</script><script src=\"toc.js\"></script>\
        <div id=\"mdbook-menu-bar\" class=\"menu-bar sticky\">\
        <label id=\"mdbook-sidebar-toggle\" class=\"icon-button\" for=\"mdbook-sidebar-toggle-anchor\">=</label>\
        <h1 class=\"menu-title\">System Design in 35 Days</h1></div>\
        <table><thead><tr><th></th><th>a</th></tr></thead></table><label for=\"x\">y</label>";

    #[test]
    fn all_of_it() {
        let expected = "<script>own</script><script defer src=\"toc.js\"></script>\
            <div id=\"mdbook-menu-bar\" role=\"banner\" class=\"menu-bar sticky\">\
            <button type=\"button\" id=\"mdbook-sidebar-toggle\" class=\"icon-button\">=</button>\
            <div class=\"menu-title\">System Design in 35 Days</div></div>\
            <table><thead><tr><td></td><th>a</th></tr></thead></table><label for=\"x\">y</label>";
        assert_eq!(repaired(PAGE).expect("a page of mdBook's"), expected);
    }

    #[test]
    fn a_change_of_the_markup_is_noticed() {
        let bar = "<div id=\"mdbook-menu-bar\" class=\"menu-bar\">";
        let changes: [(&str, &str, &str); 10] = [
            ("id=\"mdbook-menu-bar\"", "id=\"menu-bar\"", "is a landmark"),
            (
                "id=\"mdbook-menu-bar\" class",
                "id=\"mdbook-menu-bar\" role=\"toolbar\" class",
                "is a landmark",
            ),
            ("<table>", bar, "is a landmark"),
            ("<h1 class=\"menu-title\">", "<h1 class=\"title\">", "one title"),
            ("<label id=\"mdbook-sidebar-toggle\"", "<label id=\"sidebar-toggle\"", "is a button"),
            (" for=\"mdbook-sidebar-toggle-anchor\"", " for=\"anchor\"", "is a button"),
            ("<script src=\"toc.js\">", "", "no `<script src=`"),
            ("<script src=\"toc.js\">", "<script charset=\"utf-8\" src=\"toc.js\">", "`<script charset"),
            ("<th></th>", "<th class=\"a\"> </th>", "an empty corner"),
            ("<th></th>", "<th scope=\"row\"></th>", "an empty corner"),
        ];
        for (from, to, words) in changes {
            let changed = PAGE.replace(from, to);
            assert_ne!(changed, PAGE, "{from}");
            let error = repaired(&changed).expect_err(to).to_string();
            assert!(error.contains(words), "{to}: {error}");
        }
    }
}
