//! Whether a text can run as it is.

use ra_ap_syntax::{Edition, SourceFile, T};

use super::text::{BEFORE, without_commands};

/// Whether a text can run as it is, for consoles that must decide what Enter means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It can run.
    Complete,
    /// More lines must follow: a bracket, a comment or a string is open, or an attribute stands alone.
    Incomplete {
        /// White space to start the next line with.
        indent: String,
    },
    /// No further line can make it right.
    Invalid,
}

/// Judges a text by its brackets, strings and comments, and then by its syntax.
pub fn completeness(text: &str) -> Completeness {
    let code = without_commands(text);
    let tokens = SourceFile::parse(&code, Edition::Edition2024);
    let mut depth = 0_usize;
    for element in tokens.syntax_node().descendants_with_tokens() {
        match element.kind() {
            T!['('] | T!['['] | T!['{'] => depth += 1,
            T![')'] | T![']'] | T!['}'] => match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => return Completeness::Invalid,
            },
            _ => {}
        }
    }
    let errors: Vec<String> = tokens.errors().iter().map(ToString::to_string).collect();
    // A character ends on its own line.
    if errors.iter().any(|error| error.ends_with("character literal") || error.ends_with("byte literal")) {
        return Completeness::Invalid;
    }
    let unterminated =
        errors.iter().any(|error| error.contains("to terminate") || error == "Invalid raw string literal");
    if unterminated || depth > 0 {
        return Completeness::Incomplete { indent: "    ".repeat(depth) };
    }
    let parses = |code: &str| {
        SourceFile::parse(&format!("{BEFORE}{code}\n}}"), Edition::Edition2024).errors().is_empty()
    };
    if parses(&code) {
        Completeness::Complete
    } else if code.trim_end().ends_with(']') && parses(&format!("{code}\nfn f() {{}}")) {
        // An attribute, and what it belongs to comes next.
        Completeness::Incomplete { indent: String::new() }
    } else {
        Completeness::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_brackets_strings_comments_and_attributes_want_more() {
        let incomplete = |indent: &str| Completeness::Incomplete { indent: indent.to_owned() };
        assert_eq!(completeness("let x = 1;"), Completeness::Complete);
        assert_eq!(completeness("fn f() {"), incomplete("    "));
        for text in ["let s = \"a", "/* a", "r#\"test", "#[derive(Debug)]", "#[a]\n#[b]"] {
            assert_eq!(completeness(text), incomplete(""), "{text}");
        }
        for text in ["f(1))", "let = ;", "}", "foo('a ')", "x[0"] {
            let expected = if text == "x[0" { incomplete("    ") } else { Completeness::Invalid };
            assert_eq!(completeness(text), expected, "{text}");
        }
        assert_eq!(completeness("x[0]"), Completeness::Complete);
    }
}
