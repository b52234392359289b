//! Compiler errors, shown on the cell as the reader typed it.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use evcxr::CompilationError;

use super::Failure;
use super::edited::Edited;

/// Why a name is no variable any more, if it was one.
type Gone<'a> = &'a dyn Fn(&str) -> Option<String>;

/// All errors of one compilation as one failure; the first message is the failure's value.
pub(crate) fn failure(errors: &[CompilationError], source: &Edited, gone: Gone<'_>) -> Failure {
    // A broken line often brings follow-on errors without a place; they only distract.
    let placed: Vec<_> = errors.iter().filter(|e| has_place(e)).collect();
    let shown = if placed.is_empty() { errors.iter().collect() } else { placed };
    Failure {
        name: "CompileError".to_owned(),
        value: shown.first().map(|error| title_of(error)).unwrap_or_default(),
        traceback: shown.iter().map(|error| render(error, source, gone)).collect(),
    }
}

/// An error found before the compiler was asked, at a byte offset of the cell.
pub(crate) fn failure_at(message: &str, at: usize, cell: &str) -> Failure {
    let snippet = Snippet::source(cell).path("cell").annotation(AnnotationKind::Primary.span(at..at));
    let report = [Level::ERROR.primary_title(message).element(snippet)];
    Failure {
        name: "CompileError".to_owned(),
        value: message.to_owned(),
        traceback: vec![Renderer::styled().render(&report)],
    }
}

fn has_place(error: &CompilationError) -> bool {
    error.spanned_messages().iter().any(|message| message.span.is_some())
}

fn render(error: &CompilationError, source: &Edited, gone: Gone<'_>) -> String {
    let message = title_of(error);
    let mut title = Level::ERROR.primary_title(message.as_str());
    if let Some(code) = error.code().map(str::trim_end) {
        title = title.id(code);
    }
    let annotations: Vec<_> = error
        .spanned_messages()
        .iter()
        .filter_map(|message| {
            let span = message.span?;
            let start = source.original_offset(span.start_line, span.start_column);
            let end = source.original_offset(span.end_line, span.end_column).max(start);
            let kind = if message.is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(start..end);
            let label = &message.label;
            // Where the compiler had no label, the engine repeats the title; names of its own say nothing.
            Some(if label.is_empty() || label.starts_with("error: ") || label.contains("evcxr") {
                annotation
            } else {
                annotation.label(without_modules(label))
            })
        })
        .collect();
    let mut group = annotate_snippets::Group::with_title(title);
    if !annotations.is_empty() {
        group = group.element(Snippet::source(source.original()).path("cell").annotations(annotations));
    }
    for help in error.help() {
        // The engine adds the suggested code after an empty line.
        let help = match help.split_once("\n\n") {
            Some((text, code)) if text.contains(&format!("`{}`", code.trim())) => text.to_owned(),
            Some((text, code)) => format!("{text}: `{}`", code.trim()),
            None => help,
        };
        group = group.element(Level::HELP.message(help));
    }
    let missing = missing(error).and_then(gone);
    if let Some(hint) = missing.as_deref().or_else(|| hint(error)) {
        group = group.element(Level::NOTE.message(hint));
    }
    let explained = error
        .code()
        .map(str::trim_end)
        .map(|code| format!("explained at https://doc.rust-lang.org/error_codes/{code}.html"));
    if let Some(explained) = &explained {
        group = group.element(Level::NOTE.message(explained));
    }
    Renderer::styled().render(&[group])
}

/// The compiler's words about the call that shows a value, in ours; its other words as they are.
fn title_of(error: &CompilationError) -> String {
    let message = error.message().replace('\n', " ");
    match not_shown(&message) {
        Some(ty) => format!("{} doesn't implement `Debug`", without_modules(&ty)),
        None => without_modules(&message),
    }
}

/// The name that an error misses, or misses a value of.
fn missing(error: &CompilationError) -> Option<&str> {
    let named = matches!(error.code()?.trim_end(), "E0425" | "E0381");
    named.then(|| error.json["message"].as_str()?.split('`').nth(1)).flatten()
}

/// `Vec<i32>` for `std::vec::Vec<i32>`: the compiler is asked for whole paths because later cells need
/// them, and readers do not. Two types of one name keep their paths.
fn without_modules(text: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut parts: Vec<(&str, &str)> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(word) {
        let length = rest[start..].find(|c| !word(c) && c != ':').unwrap_or(rest.len() - start);
        parts.push((&rest[..start], &rest[start..start + length]));
        rest = &rest[start + length..];
    }
    let short = |path: &'_ str| -> usize {
        let name = path.rfind("::").map_or(0, |at| at + 2);
        if path[name..].starts_with(char::is_uppercase) { name } else { 0 }
    };
    let same = |path: &str| {
        parts.iter().any(|(_, other)| *other != path && other[short(other)..] == path[short(path)..])
    };
    let mut result: String = parts
        .iter()
        .flat_map(|(between, path)| [*between, if same(path) { *path } else { &path[short(path)..] }])
        .collect();
    result.push_str(rest);
    result
}

/// The type of a value that a cell ends with, when there is no way to show it.
fn not_shown(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("`evcxr_display`")?;
    Some(format!("`{}`", rest.split_once("for reference `&")?.1.split('`').next()?))
}

/// What is special about a cell.
fn hint(error: &CompilationError) -> Option<&'static str> {
    Some(match error.code()?.trim_end() {
        "E0384" | "E0596" => "a variable of an earlier cell can be made mutable with `let mut x = x;`",
        "E0597" | "E0505" | "E0515" => {
            "a variable that outlives its cell cannot borrow from another: store an owned value, or put \
             the code in a block { }"
        }
        "E0382" => {
            "a value that was moved is gone, also for later cells: use `.clone()`, or run the cell that \
             made it again"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_shown_without_their_modules() {
        let cases = [
            ("expected `std::string::String`, found `&str`", "expected `String`, found `&str`"),
            (
                "`std::vec::Vec<std::vec::Vec<u8>>` and std::thread::spawn",
                "`Vec<Vec<u8>>` and std::thread::spawn",
            ),
            ("expected `a::Point`, found `b::Point`", "expected `a::Point`, found `b::Point`"),
            ("mismatched types: é", "mismatched types: é"),
        ];
        for (full, short) in cases {
            assert_eq!(without_modules(full), short);
        }
    }
}
