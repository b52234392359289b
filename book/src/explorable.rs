//! A figure with sliders: what is recorded of it, for pages, notebooks and paper.
//!
//! The crate `explorables` draws them, here and in the reader's browser. What stands in a chapter before a
//! browser has loaded that, and where none does, is its view of the default values, kept in
//! `explorables/kept/` beside the module that draws others.

use std::path::Path;

use serde::Deserialize;

/// A figure with sliders, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Explorable {
    /// What it is.
    pub about: About,
    /// What it shows.
    pub view: View,
}

/// What an explorable is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct About {
    /// What a chapter and its files call it.
    #[serde(skip)]
    pub name: String,
    /// What a reader calls it.
    pub title: String,
    /// What it shows, in a sentence or two.
    pub about: String,
}

/// What an explorable shows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct View {
    /// The drawing; its colors are in `theme/figure.css`.
    pub svg: String,
    /// The drawing in words.
    pub alt: String,
    /// The numbers that matter most.
    pub facts: Vec<Fact>,
    /// The names of the columns of all numbers.
    pub columns: Vec<String>,
    /// All numbers.
    pub rows: Vec<Vec<String>>,
}

/// One number with its name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// How much.
    pub shown: String,
}

/// The colors of drawings.
const STYLE: &str = include_str!("../theme/figure.css");

impl Explorable {
    /// Reads what was recorded of the explorable of this name. `folder` is that of all explorables.
    ///
    /// # Errors
    ///
    /// One sentence that says which there are, or what is wrong with the file.
    pub fn load(folder: &Path, name: &str) -> Result<Self, String> {
        let kept = folder.join("kept");
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        let file = kept.join(format!("{name}.json"));
        if !name.chars().all(plain) || !file.is_file() {
            let mut names: Vec<String> = std::fs::read_dir(&kept)
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".json").map(String::from))
                .collect();
            names.sort();
            return Err(format!(
                "there is no explorable `{name}`; those that are: {} (in {})",
                names.join(", "),
                kept.display()
            ));
        }
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut recorded: Self = serde_json::from_str(&text)
            .map_err(|error| format!("{}: {error}; `cargo xtask wasm` records it anew", file.display()))?;
        name.clone_into(&mut recorded.about.name);
        Ok(recorded)
    }

    /// The drawing with its colors in it, for where there is no style sheet.
    pub fn standalone(&self) -> String {
        let style =
            format!("<style>svg{{color-scheme:light dark;background:var(--ex-paper)}}\n{STYLE}</style>");
        let (head, body) = self.view.svg.split_once('>').unwrap_or((&self.view.svg, ""));
        format!("{head}>{style}{body}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("explorables")
    }

    #[test]
    fn recorded_ones_are_read_and_others_named() {
        let bloom = Explorable::load(&folder(), "bloom-filter").expect("recorded");
        assert_eq!(bloom.about.name, "bloom-filter");
        assert!(!bloom.view.facts.is_empty() && bloom.view.rows.len() > 3);
        for unknown in ["", "bloom", "../kept/bloom-filter", "Bloom-Filter"] {
            let error = Explorable::load(&folder(), unknown).expect_err(unknown);
            assert!(error.contains("no explorable") && error.contains("bloom-filter, "), "{error}");
        }
    }

    #[test]
    fn a_drawing_that_stands_alone_has_its_colors() {
        let bloom = Explorable::load(&folder(), "bloom-filter").expect("recorded");
        let alone = bloom.standalone();
        assert!(alone.starts_with("<svg xmlns") && alone.ends_with("</svg>"));
        assert!(alone.contains("<style>") && alone.contains("--ex-paper"));
    }
}
