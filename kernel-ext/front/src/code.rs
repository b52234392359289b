//! Which parts of a text are code, and which are strings, characters or comments.
//!
//! A word in a string means nothing to the compiler, so nothing that is done to code may be done to it.

use std::ops::Range;

/// The ranges of `text` that are code, in order. What is never closed goes on to the end.
pub(crate) fn code(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < text.len() {
        match literal(text, at) {
            Some(end) => {
                ranges.push(from..at);
                (from, at) = (end, end);
            }
            None => at += word(&text[at..]).max(text[at..].chars().next().map_or(1, char::len_utf8)),
        }
    }
    ranges.push(from..text.len());
    ranges.retain(|range| !range.is_empty());
    ranges
}

/// Where each line starts that is code outside of all braces.
pub(crate) fn top_lines(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let (mut depth, mut line_starts) = (0_i32, true);
    for range in code(text) {
        line_starts &= range.start == 0;
        for (at, byte) in text.as_bytes()[range.clone()].iter().enumerate() {
            if line_starts && depth == 0 {
                starts.push(range.start + at);
            }
            line_starts = *byte == b'\n';
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
        }
    }
    starts
}

/// Where the string, character or comment ends that starts at `at`.
fn literal(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    let length = match rest.as_bytes() {
        [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => comment(rest),
        [b'"', ..] => string(rest),
        [b'\'', ..] => character(rest)?,
        _ => {
            let prefix = word(rest);
            let after = &rest[prefix..];
            match &rest[..prefix] {
                "b" | "c" if after.starts_with('"') => prefix + string(after),
                "b" if after.starts_with('\'') => prefix + character(after)?,
                "r" | "br" | "cr" => prefix + raw(after)?,
                _ => return None,
            }
        }
    };
    Some(at + length)
}

/// The length of the word at the start.
fn word(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// Comments of this kind may hold others.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_u32, 0);
    while let Some(next) = text[at..].find(['/', '*']).map(|n| at + n) {
        at = next;
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// After `r`: marks and a quote, up to a quote and as many marks. `None` for a name such as `r#type`.
fn raw(text: &str) -> Option<usize> {
    let marks = text.len() - text.trim_start_matches('#').len();
    let inside = text[marks..].strip_prefix('"')?;
    let end = format!("\"{}", &text[..marks]);
    Some(inside.find(&end).map_or(text.len(), |at| marks + 1 + at + end.len()))
}

/// `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut rest = text.char_indices().skip(1);
    let (_, first) = rest.next()?;
    if first == '\\' {
        rest.next();
        return rest.find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    rest.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_characters_and_comments_are_no_code() {
        let check = |text: &str, expected: &str| {
            let code: Vec<&str> = code(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(code.join("·"), expected, "{text}");
        };
        check(r#"a("b \" c", 'd', '\'', '"') e"#, "a(·, ·, ·, ·) e");
        check("fn f<'a>(x: &'a str) -> &'static str { x }", "fn f<'a>(x: &'a str) -> &'static str { x }");
        check("r\"\\\" r##\"a\"# b\"## br#\"c\"# r#type bar\"", " · · r#type bar");
        check("a // b\nc /* d /* e */ f */ g", "a ·\nc · g");
        check("'é' 'x: loop {} b'{' c\"s\" \"never", " 'x: loop {} · · ");
        check("żółć \"—\" ✓", "żółć · ✓");
        check("a / b * c /", "a / b * c /");
    }

    #[test]
    fn lines_outside_of_braces() {
        let text = "fn f() {\n a\n}\nb\n\"\nin a string\n\"\n'{'\n// {\nc";
        let lines = top_lines(text).into_iter().map(|at| text[at..].lines().next().unwrap_or_default());
        assert_eq!(lines.collect::<Vec<_>>(), ["fn f() {", "b", "c"]);
    }
}
