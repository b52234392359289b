//! What stands before a cursor: the beginning of a name, and what it would be a name in.

use ra_ap_syntax::ast;
use ra_ap_syntax::{AstNode as _, Edition, SourceFile, T};

/// Stands for the name at the cursor while the text is parsed.
const HERE: &str = "sd35_here";
const BEFORE: &str = "fn cell() {\n";

/// A name at a cursor, written in part or in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor<'a> {
    /// Byte offset where the name starts.
    pub(super) start: usize,
    /// Byte offset where the name, as far as it counts, ends.
    pub(super) end: usize,
    pub(super) name: &'a str,
    pub(super) place: Place,
}

/// Where a name stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// By itself.
    Alone,
    /// After `path::`.
    In(String),
    /// After `receiver.`.
    Of {
        receiver: String,
        /// The cell up to here, with a call in it that makes the compiler name the receiver's type.
        probe: String,
    },
}

impl<'a> Cursor<'a> {
    /// The name up to the cursor at byte `at`, to be completed.
    pub(super) fn before(code: &'a str, at: usize) -> Self {
        Self::between(code, at, at)
    }

    /// The whole name around the cursor.
    pub(super) fn around(code: &'a str, at: usize) -> Self {
        let end = code[at..].find(|c| !is_name(c)).map_or(code.len(), |n| at + n);
        Self::between(code, at, end)
    }

    fn between(code: &'a str, at: usize, end: usize) -> Self {
        let start = name_start(&code[..at]);
        let before = code[..start].trim_end();
        let place = if let Some(path) = before.strip_suffix("::") {
            let first = path.rfind(|c| !is_name(c) && c != ':').map_or(0, |n| n + 1);
            Place::In(path[first..].trim_start_matches(':').to_owned())
        } else if before.ends_with('.') && !before.ends_with("..") {
            receiver(&code[..start]).unwrap_or(Place::Alone)
        } else {
            Place::Alone
        };
        Self { start, end, name: &code[start..end], place }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the name at the end of `text` starts. (The character before may have several bytes.)
fn name_start(text: &str) -> usize {
    text.char_indices().rev().take_while(|(_, c)| is_name(*c)).last().map_or(text.len(), |(at, _)| at)
}

/// Finds the expression in front of a dot at the end of `code`.
fn receiver(code: &str) -> Option<Place> {
    let text = format!("{BEFORE}{code}{HERE}");
    // Brackets that are open here are closed, so that the rest of the cell need not be right.
    let mut open = Vec::new();
    for token in SourceFile::parse(&text, Edition::Edition2024).syntax_node().descendants_with_tokens() {
        match token.kind() {
            T!['('] => open.push(')'),
            T!['['] => open.push(']'),
            T!['{'] => open.push('{'),
            T![')'] | T![']'] | T!['}'] => {
                open.pop();
            }
            _ => {}
        }
    }
    let closing = |bracket: char| if bracket == '{' { ";}".to_owned() } else { bracket.to_string() };
    let text = text + &open.into_iter().rev().map(closing).collect::<String>();
    let root = SourceFile::parse(&text, Edition::Edition2024).syntax_node();
    let field = root
        .descendants()
        .filter_map(ast::FieldExpr::cast)
        .find(|field| field.name_ref().is_some_and(|name| name.text() == HERE))?;
    let receiver = field.expr()?.syntax().text().to_string();
    let (start, end) = (field.syntax().text_range().start(), field.syntax().text_range().end());
    let (before, after) = (&text[BEFORE.len()..usize::from(start)], &text[usize::from(end)..]);
    let after = after.strip_suffix('}').unwrap_or(after);
    let probe = format!("{before}lessons::cell::type_of(&({receiver})){after}");
    Some(Place::Of { receiver, probe })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn probe(code: &str, expected: &str) {
        match Cursor::before(code, code.len()).place {
            Place::Of { probe, .. } => assert_eq!(probe, expected),
            other => panic!("{code}: {other:?}"),
        }
    }

    #[test]
    fn a_name_stands_alone_or_in_something() {
        let cursor = |code: &'static str| Cursor::before(code, code.len());
        assert_eq!(cursor("let x = Blo"), Cursor { start: 8, end: 11, name: "Blo", place: Place::Alone });
        assert_eq!(cursor("0..le").place, Place::Alone);
        assert_eq!(cursor("f(sketch::formula::fi").place, Place::In("sketch::formula".into()));
        assert_eq!(cursor("é::").place, Place::In("é".into()));
        assert_eq!(Cursor::around("filter.insert(3)", 9).name, "insert");
        assert_eq!(Cursor::around("→ab", 4).name, "ab");
    }

    #[test]
    fn the_receiver_is_probed_where_it_stands() {
        probe("v.", "lessons::cell::type_of(&(v));");
        probe("let n = v.iter().ma", "let n = lessons::cell::type_of(&(v.iter()));");
        probe("for x in 0..3 { f(x.", "for x in 0..3 { f(lessons::cell::type_of(&(x)));};");
    }
}
