//! The words of the field, and where the lessons use them.
//!
//! `glossary.toml` holds the terms. On a page the first use of each term in running text becomes a link to
//! its explanation; the glossary links back to every lesson that uses it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde::Deserialize;

/// All terms.
#[derive(Clone, Debug, Default)]
pub struct Glossary {
    /// In the order of their names.
    pub terms: Vec<Term>,
}

/// One term.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The term, as a reader looks it up.
    pub name: String,
    /// Other forms that mean the same: plurals, spellings, abbreviations.
    #[serde(default)]
    pub also: Vec<String>,
    /// What it means, in a sentence or two; Markdown.
    pub means: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    term: Vec<Term>,
}

impl Term {
    /// Its place on the glossary's page.
    pub fn anchor(&self) -> String {
        let plain = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        self.name.chars().map(plain).collect()
    }

    /// The term and its other forms.
    fn forms(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.also.iter().map(String::as_str))
    }
}

impl Glossary {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// Fails when the file is not there or damaged, or explains a form twice.
    pub fn load(file: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let Terms { term: mut terms } =
            toml::from_str(&text).with_context(|| format!("in {}", file.display()))?;
        terms.sort_by_key(|term| term.name.to_lowercase());
        let mut seen = BTreeSet::new();
        for form in terms.iter().flat_map(Term::forms) {
            ensure!(seen.insert(form.to_lowercase()), "{}: `{form}` is there twice", file.display());
        }
        Ok(Self { terms })
    }

    /// Makes the first use of each term in `text` (Markdown) a link, unless its anchor is in `seen` already;
    /// adds those that it found.
    ///
    /// Headings, links, code and HTML stay as they are.
    pub fn link(&self, text: &str, seen: &mut BTreeSet<String>) -> String {
        let mut links: Vec<(usize, usize, &Term)> = Vec::new();
        let mut inside = 0;
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            let untouched = |tag: &Tag<'_>| {
                matches!(
                    tag,
                    Tag::Heading { .. }
                        | Tag::Link { .. }
                        | Tag::Image { .. }
                        | Tag::CodeBlock(_)
                        | Tag::HtmlBlock
                        | Tag::TableHead
                )
            };
            match event {
                Event::Start(tag) if inside > 0 || untouched(&tag) => inside += 1,
                Event::End(_) if inside > 0 => inside -= 1,
                Event::Text(_) if inside == 0 => {
                    for term in &self.terms {
                        if seen.contains(&term.anchor()) {
                            continue;
                        }
                        let found = term.forms().find_map(|form| find(&text[range.clone()], form));
                        if let Some((at, length)) = found {
                            let start = range.start + at;
                            // Of two terms in one place the longer counts: "cache" in "write-through cache".
                            let overlaps =
                                |(s, e, _): &(usize, usize, &Term)| start < *e && *s < start + length;
                            if let Some(other) = links.iter().position(overlaps) {
                                if links[other].1 - links[other].0 >= length {
                                    continue;
                                }
                                seen.remove(&links.remove(other).2.anchor());
                            }
                            links.push((start, start + length, term));
                            seen.insert(term.anchor());
                        }
                    }
                }
                _ => {}
            }
        }
        links.sort_by_key(|link| link.0);
        let mut linked = String::with_capacity(text.len() + 80 * links.len());
        let mut done = 0;
        for (start, end, term) in links {
            linked += &text[done..start];
            linked += &format!("[{}](glossary.md#{})", &text[start..end], term.anchor());
            done = end;
        }
        linked + &text[done..]
    }
}

/// The first place where `form` stands as words of its own, in any case, and its length there.
fn find(text: &str, form: &str) -> Option<(usize, usize)> {
    // Abbreviations are as they are written; "Raft" is not "raft", but "bloom filter" may start a sentence.
    let exact = form.chars().filter(|c| c.is_uppercase()).count() > 1;
    let same = |a: char, b: char| a == b || (!exact && a.to_lowercase().eq(b.to_lowercase()));
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut before = None;
    for (at, character) in text.char_indices() {
        if !before.is_some_and(|c| word(c) || c == '-') {
            let mut rest = text[at..].chars();
            if form.chars().all(|wanted| rest.next().is_some_and(|c| same(c, wanted))) {
                let length = text[at..].len() - rest.as_str().len();
                if !rest.as_str().starts_with(|c| word(c) || c == '-') {
                    return Some((at, length));
                }
            }
        }
        before = Some(character);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glossary(names: &[&str]) -> Glossary {
        let term = |name: &&str| Term { name: (*name).to_owned(), also: Vec::new(), means: "x".into() };
        Glossary { terms: names.iter().map(term).collect() }
    }

    #[test]
    fn the_first_use_is_a_link_and_only_that() {
        let mut seen = BTreeSet::new();
        let terms = glossary(&["quorum", "Bloom filter"]);
        let text = "# A quorum\n\n`quorum` and [quorum](x.md), **Quorum** then quorum.\n\n```\nquorum\n```\n";
        let linked = terms.link(text, &mut seen);
        assert_eq!(linked, text.replace("**Quorum**", "**[Quorum](glossary.md#quorum)**"));
        assert_eq!(
            terms.link("quorum, bloom filter", &mut seen),
            "quorum, [bloom filter](glossary.md#bloom-filter)"
        );
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["bloom-filter", "quorum"]);
    }

    #[test]
    fn words_are_whole_and_the_longer_term_counts() {
        let terms = glossary(&["cache", "write-through cache", "CAP"]);
        let linked = terms.link("Caches, cap; a write-through cache.", &mut BTreeSet::new());
        assert_eq!(linked, "Caches, cap; a [write-through cache](glossary.md#write-through-cache).");
        let linked = terms.link("| CAP |\n|---|\n| CAP |\n", &mut BTreeSet::new());
        assert_eq!(linked, "| CAP |\n|---|\n| [CAP](glossary.md#cap) |\n");
    }
}
