//! One style sheet instead of a dozen: on a slow network each file is a wait before the first word is shown.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::recorded::hash;

const LINK: &str = "<link rel=\"stylesheet\" href=\"";

/// The sheets that every page needs, as one file, and what to replace in pages.
pub(super) struct Style {
    links: Vec<String>,
    bundle: String,
}

impl Style {
    /// Joins the sheets that `page` links to. Those with a medium or an id of their own stay: scripts turn them
    /// on and off.
    pub(super) fn join(site: &Path, page: &str) -> Result<Self> {
        let mut links = Vec::new();
        let mut css = String::new();
        for part in page.split(LINK).skip(1) {
            let Some((href, after)) = part.split_once('"') else { continue };
            if !after.starts_with('>') {
                continue;
            }
            let text =
                fs::read_to_string(site.join(href)).with_context(|| format!("no style sheet {href}"))?;
            let folder = href.rsplit_once('/').map_or("", |(folder, _)| folder);
            css += &moved(&text, folder);
            css.push('\n');
            links.push(format!("{LINK}{href}\">"));
        }
        // Words are readable while their font is on its way.
        let css = css.replace("@font-face {", "@font-face {\n  font-display: swap;");
        let bundle = format!("style-{}.css", &hash(&css)[..8]);
        fs::write(site.join(&bundle), css)?;
        Ok(Self { links, bundle })
    }

    /// A page that loads the joined sheet.
    pub(super) fn apply(&self, page: &str) -> String {
        let Some((first, rest)) = self.links.split_first() else { return page.to_owned() };
        let page = page.replacen(first, &format!("{LINK}{}\">", self.bundle), 1);
        rest.iter().fold(page, |page, link| page.replacen(link, "", 1))
    }
}

/// The same sheet for another folder: addresses are relative to where a sheet is.
fn moved(css: &str, folder: &str) -> String {
    if folder.is_empty() {
        return css.to_owned();
    }
    let mut moved = String::with_capacity(css.len());
    let mut parts = css.split("url(");
    moved += parts.next().unwrap_or_default();
    for part in parts {
        let quote = part.chars().next().filter(|c| ['"', '\''].contains(c));
        let address = quote.map_or(part, |quote| part.trim_start_matches(quote));
        moved += "url(";
        moved.extend(quote);
        if !address.starts_with('/') && !address.starts_with("data:") && !address.starts_with('#') {
            moved += folder;
            moved.push('/');
        }
        moved += address;
    }
    // No address leaves the site's folder.
    moved.replace(&format!("{folder}/../"), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_move_with_their_sheet() {
        assert_eq!(
            moved("a{src:url('b.woff2'), url(c.svg)}", "fonts"),
            "a{src:url('fonts/b.woff2'), url(fonts/c.svg)}"
        );
        assert_eq!(moved("a{b:url(\"../c.svg\") url(data:x)}", "css"), "a{b:url(\"c.svg\") url(data:x)}");
        assert_eq!(moved("a{b:url(c)}", ""), "a{b:url(c)}");
    }

    #[test]
    fn sheets_become_one_and_those_with_ids_stay() {
        let style = Style {
            links: ["a.css", "b.css"].map(|href| format!("{LINK}{href}\">")).into(),
            bundle: "all.css".into(),
        };
        let other = "<link rel=\"stylesheet\" id=\"x\" href=\"y.css\">";
        let page = style.apply(&format!("{LINK}a.css\">{other}{LINK}b.css\">"));
        assert_eq!(page, format!("{LINK}all.css\">{other}"));
    }
}
