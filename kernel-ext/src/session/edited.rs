//! The text that the engine gets for a cell, and the way back from its columns to the reader's.

/// A replacement in the reader's text, at a byte offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) at: usize,
    pub(super) delete: usize,
    pub(super) insert: String,
}

impl Edit {
    pub(super) fn insert(at: usize, insert: impl Into<String>) -> Self {
        Self { at, delete: 0, insert: insert.into() }
    }
}

/// The text the engine gets, and the way back from its columns to the reader's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edited {
    pub(crate) text: String,
    edits: Vec<Edit>,
    original: String,
}

impl Edited {
    /// Edits at one place keep their order.
    pub(super) fn new(original: &str, mut edits: Vec<Edit>) -> Self {
        edits.sort_by_key(|edit| edit.at);
        let mut text = String::with_capacity(original.len() + 64);
        let mut from = 0;
        for edit in &edits {
            text.push_str(&original[from..edit.at.max(from)]);
            text.push_str(&edit.insert);
            from = edit.at + edit.delete;
        }
        text.push_str(&original[from..]);
        Self { text, edits, original: original.to_owned() }
    }

    /// The text as the reader typed it.
    pub(crate) fn original(&self) -> &str {
        &self.original
    }

    /// The number, from 0, and the text of the reader's line that `compiled` is, or is a part of.
    pub(super) fn line_of(&self, compiled: &str, mark: &str) -> Option<(usize, &str)> {
        let seen = front::marks::without_engine_only(mark, &self.text);
        let at = seen.lines().position(|own| own.contains(compiled.trim()))?;
        Some((at, self.original.lines().nth(at)?.trim()))
    }

    /// The byte offset in the original of a position in the edited text: line and column from 1, the
    /// column in characters. A place inside an insertion is the place of that edit.
    pub(crate) fn original_offset(&self, line: usize, column: usize) -> usize {
        let line_start: usize =
            self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let line_text = self.text[line_start..].lines().next().unwrap_or("");
        let in_line =
            line_text.char_indices().nth(column.saturating_sub(1)).map_or(line_text.len(), |(at, _)| at);
        let mut rest = line_start + in_line;
        // Walk both texts, edit by edit.
        let mut original = 0;
        for edit in &self.edits {
            let unchanged = edit.at - original.min(edit.at);
            if rest < unchanged {
                return original + rest;
            }
            rest -= unchanged;
            if rest < edit.insert.len() {
                return edit.at;
            }
            rest -= edit.insert.len();
            original = edit.at + edit.delete;
        }
        (original + rest).min(self.original.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_map_back() {
        let edits = vec![
            Edit::insert(5, ": u8"),
            Edit::insert(8, "wait("),
            Edit { at: 11, delete: 6, insert: ")".into() },
        ];
        let edited = Edited::new("let v = f().await; g(v)", edits);
        assert_eq!(edited.text, "let v: u8 = wait(f()); g(v)");
        for (needle, expected) in [("f()", 8), ("g(v)", 19), ("u8", 5)] {
            let column = edited.text.find(needle).expect("in the text") + 1;
            assert_eq!(edited.original_offset(1, column), expected, "{needle}");
        }
    }
}
