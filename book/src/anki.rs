//! Flash cards as text files that Anki imports.
//!
//! Fields are separated by tabs, one card a line; lines that start with `#` tell Anki how to read the rest.
//! The first column is the note's identifier, so that a later import changes cards instead of doubling them.
//!
//! Source: Anki manual, "Text Files", section "File Headers" (Anki 2.1.54 or later).

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::chapter::Block;
use crate::markdown::inline;
use crate::{Book, Day};

/// The cards of some days, as one file.
pub fn deck<'a>(days: impl IntoIterator<Item = &'a Day>) -> String {
    let mut text = String::from(
        "#separator:tab\n#html:true\n#notetype:Basic\n#guid column:1\n#deck column:2\n#tags column:5\n",
    );
    for day in days {
        for block in &day.chapter.blocks {
            let Block::Cards(cards) = block else { continue };
            for card in cards {
                let fields = [
                    format!("sd35-{}", card.id(day.header.number)),
                    format!("System Design in 35 Days::Day {:02}", day.header.number),
                    inline(&card.front),
                    inline(&card.back),
                    format!("sd35 day-{:02}", day.header.number),
                ];
                // No field may hold what separates fields and cards.
                let fields =
                    fields.map(|field| field.replace(['\t', '\n', '\r'], " ").replace('"', "&quot;"));
                text += &fields.join("\t");
                text.push('\n');
            }
        }
    }
    text
}

/// Writes one file per day and one with all cards into `folder`.
///
/// # Errors
///
/// Fails when the folder cannot be written.
pub fn write(book: &Book, folder: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut files = vec![(folder.join("all-days.txt"), deck(&book.days))];
    for day in &book.days {
        files.push((folder.join(format!("day-{:02}.txt", day.header.number)), deck([day])));
    }
    for (file, text) in &files {
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(files.into_iter().map(|(file, _)| file).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chapter::Chapter;
    use crate::{Header, Minutes};

    #[test]
    fn a_card_is_a_line_of_five_fields() {
        let text = "```toml,cards\n[[card]]\nfront = \"**Which**\\tone?\"\nback = \"the \\\"second\\\"\\n`a<b`\"\n```\n";
        let chapter = Chapter::parse(text, Path::new("day.md"), Path::new("none")).expect("a chapter");
        let header = Header {
            number: 3,
            slug: "day-03".into(),
            title: String::new(),
            question: String::new(),
            minutes: Minutes { skim: 1, core: 1, workshop: 1 },
            modules: Vec::new(),
            datasets: Vec::new(),
        };
        let deck = deck([&Day { header, chapter }]);
        let (head, cards): (Vec<&str>, Vec<&str>) = deck.lines().partition(|line| line.starts_with('#'));
        assert_eq!((head[0], head[1]), ("#separator:tab", "#html:true"));
        let fields: Vec<&str> = cards[0].split('\t').collect();
        assert_eq!((cards.len(), fields.len()), (1, 5));
        assert_eq!(fields[2], "<strong>Which</strong> one?");
        assert_eq!(fields[3], "the &quot;second&quot; <code>a&lt;b</code>");
        assert_eq!(fields[4], "sd35 day-03");
    }
}
