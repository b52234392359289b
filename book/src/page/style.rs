//! Style sheets stand in the page itself: on a slow network each file is a wait before the first word is shown.

use anyhow::{Context as _, Result, ensure};

use super::repairs::once;

const LINK: &str = "<link rel=\"stylesheet\" ";

/// What to replace in pages: links to sheets, and the sheets.
pub(super) struct Style {
    sheets: Vec<(String, String)>,
}

impl Style {
    /// Takes the sheets that `page` links to, all but those for paper, as `read` finds them. Those without an id
    /// become one, where the first of them stood; those with an id keep it: scripts turn them on and off.
    ///
    /// # Errors
    ///
    /// Fails when a sheet cannot be read, when a link to one is written in a way that is not known here, or when
    /// there is none or no font.
    pub(super) fn join(page: &str, read: impl Fn(&str) -> Result<String>) -> Result<Self> {
        let links = page.matches("rel=\"stylesheet\"").count();
        ensure!(
            links > 0 && links == page.matches(LINK).count(),
            "sheets stand in the page: {links} links to them, not all of which start with `{LINK}`"
        );
        let (mut sheets, mut css) = (Vec::new(), String::new());
        for part in page.split(LINK).skip(1) {
            let attributes = part.split('>').next().unwrap_or(part);
            let value = |name: &str| attributes.split_once(&format!("{name}=\""))?.1.split('"').next();
            let href = value("href").with_context(|| format!("`{LINK}{attributes}>` names no sheet"))?;
            if value("media").is_some() {
                continue;
            }
            let folder = href.rsplit_once('/').map_or("", |(folder, _)| folder);
            let text = moved(&read(href)?, folder);
            let style = match value("id") {
                Some(id) => format!("<style id=\"{id}\">{text}</style>"),
                None => {
                    css += &text;
                    css.push('\n');
                    String::new()
                }
            };
            sheets.push((format!("{LINK}{attributes}>"), style));
        }
        // Words are readable while their font is on its way.
        const FONT: &str = "@font-face {";
        ensure!(
            css.contains(FONT),
            "words are readable while their font is on its way: no `{FONT}` in a sheet"
        );
        let css = css.replace(FONT, "@font-face {\n  font-display: swap;");
        if let Some((_, first)) = sheets.iter_mut().find(|(_, style)| style.is_empty()) {
            *first = format!("<style>{css}</style>");
        }
        Ok(Self { sheets })
    }

    /// A page that holds its sheets.
    ///
    /// # Errors
    ///
    /// Fails when the page has not the same links as the one that the sheets were taken from.
    pub(super) fn apply(&self, page: &str) -> Result<String> {
        let replaced = |page: String, (link, style): &(String, String)| {
            once(&page, "sheets stand in the page", link, style)
        };
        self.sheets.iter().try_fold(page.to_owned(), replaced)
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
        let paper = format!("{LINK}href=\"p.css\" media=\"print\">");
        let page = format!("{LINK}href=\"a.css\">{paper}{LINK}id=\"x\" href=\"y.css\">{LINK}href=\"b.css\">");
        let read = |href: &str| Ok(format!("@font-face {{.{}}}", &href[..1]));
        let style = Style::join(&page, read).expect("sheets");
        let font = "@font-face {\n  font-display: swap;";
        let expected = format!(
            "<style>{font}.a}}\n{font}.b}}\n</style>{paper}<style id=\"x\">@font-face {{.y}}</style>"
        );
        assert_eq!(style.apply(&page).expect("the same links"), expected);
        let other = page.replace("b.css\"", "b.css\" crossorigin");
        let error = style.apply(&other).expect_err("another link").to_string();
        assert!(error.contains("sheets stand in the page") && error.contains("b.css"), "{error}");
        let turned =
            page.replace("rel=\"stylesheet\" href=\"b", "type=\"text/css\" rel=\"stylesheet\" href=\"b");
        assert!(Style::join(&turned, read).is_err() && Style::join("", read).is_err());
        assert!(Style::join(&page, |_| Ok(String::new())).is_err(), "no font");
    }
}
