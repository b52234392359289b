//! A cell as text: what stands around it while it is parsed, and where a place in the tree is in it.

use ra_ap_syntax::TextSize;

/// Put around the cell, so that statements and a last expression parse.
pub(super) const BEFORE: &str = "fn cell() {\n";

/// What a name at the start of a path stands for, when the reader imported or defined it.
pub(super) type Names<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The same text with lines of the engine's commands (`:dep`, `:vars`) blanked, offsets unchanged.
pub(super) fn without_commands(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            if line.starts_with([':', '!']) {
                line.chars()
                    .map(|c| if c == '\n' { '\n' } else { ' ' }.to_string().repeat(c.len_utf8()))
                    .collect()
            } else {
                line.to_owned()
            }
        })
        .collect()
}

pub(super) fn offset(size: TextSize) -> usize {
    usize::from(size) - BEFORE.len()
}
