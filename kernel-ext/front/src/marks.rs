//! Text that the kernel puts into a cell for one reader only: the engine, or the compiler.
//!
//! Every mark holds a word that is drawn at random for each session, so that nothing a reader writes can be
//! taken for one. What replaces a mark is as long as it is: no column moves.

use std::collections::BTreeMap;

/// Digits of a number in a mark.
const DIGITS: usize = 6;

/// Around a statement, for the engine only: a block, in which it looks for no variables.
///
/// Every mark is inside of what it marks: the engine counts a comment between two things among either.
pub fn block(mark: &str) -> [String; 2] {
    [format!("{{{}", open(mark)), format!("{}{BLOCK_END}", close(mark))]
}

/// Around an item, for the engine only: a module, whose name it keeps the item by.
pub fn module(mark: &str, number: u64) -> [String; 2] {
    [format!("{MODULE}{mark}m{number}{INSIDE}{}", open(mark)), format!("{}}}", close(mark))]
}

/// What takes the place of such a module, when the item goes; the compiler may see it.
pub fn empty_module(mark: &str, number: u64) -> String {
    format!("{MODULE}{mark}m{number} {{}} ")
}

const MODULE: &str = "mod ";
const INSIDE: &str = " { use super::*; ";
const BLOCK_END: &str = "};";

fn open(mark: &str) -> String {
    format!("/*{mark}<*/")
}

fn close(mark: &str) -> String {
    format!("/*{mark}>*/")
}

/// A condition that holds when the static with this number is alive already.
pub fn alive(mark: &str, number: u64) -> String {
    format!("{mark}_{number:0DIGITS$}")
}

/// The name under which the static with this number is found.
pub fn symbol(mark: &str, number: u64) -> String {
    format!("{mark}s{number:0DIGITS$}_{:0DIGITS$}", 0)
}

/// The text as the compiler gets it in cell `cell`, with `statics` alive: by number, and the cell that made each.
/// Also whether a static is defined in it.
pub(crate) fn for_compiler(
    mark: &str,
    text: &str,
    cell: u64,
    statics: &BTreeMap<u64, u64>,
) -> (String, bool) {
    if mark.is_empty() || !text.contains(mark) {
        return (text.to_owned(), false);
    }
    let text = without_engine_only(mark, text);
    let mut result = String::with_capacity(text.len());
    let (mut rest, mut defines) = (text.as_str(), false);
    while let Some(at) = rest.find(mark) {
        let after = &rest[at + mark.len()..];
        result += &rest[..at];
        let number = after.get(1..=DIGITS).and_then(|digits| digits.parse::<u64>().ok());
        rest = match (after.chars().next(), number) {
            (Some('_'), Some(number)) => {
                let alive = statics.contains_key(&number);
                defines |= !alive;
                let condition = if alive { "all()" } else { "any()" };
                result += &format!("{condition:0$}", mark.len() + 1 + DIGITS);
                &after[1 + DIGITS..]
            }
            (Some('s'), Some(number)) => {
                let made_by = statics.get(&number).copied().unwrap_or(cell);
                result += &format!("{mark}s{number:0DIGITS$}_{made_by:0DIGITS$}");
                &after[2 + 2 * DIGITS..]
            }
            _ => {
                result += mark;
                after
            }
        };
    }
    (result + rest, defines)
}

/// The text with what is the engine's blanked: no column moves.
pub fn without_engine_only(mark: &str, text: &str) -> String {
    if mark.is_empty() {
        return text.to_owned();
    }
    let (open, close) = (open(mark), close(mark));
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let opens = rest.find(&open);
        let closes = rest.find(&close);
        let (start, end) = match (opens, closes) {
            (Some(at), closes) if closes.is_none_or(|close| at < close) => {
                let before = &rest[..at];
                let module =
                    before.ends_with(INSIDE).then(|| before.rfind(&format!("{MODULE}{mark}m"))).flatten();
                (module.unwrap_or(at.saturating_sub(1)), at + open.len())
            }
            (_, Some(at)) => {
                let after = at + close.len();
                let length = if rest[after..].starts_with(BLOCK_END) { BLOCK_END.len() } else { 1 };
                (at, (after + length).min(rest.len()))
            }
            _ => return result + rest,
        };
        result += &rest[..start];
        result.extend(std::iter::repeat_n(' ', end - start));
        rest = &rest[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_sees_nothing_of_what_is_the_engines() {
        let [open, close] = block("m7");
        let [within, without] = module("m7", 12);
        let text = format!("{open}let x = 1;{close} f();;\n{within}impl A {{}}{without}");
        let (seen, defines) = for_compiler("m7", &text, 1, &BTreeMap::new());
        let words: Vec<_> = seen.split_whitespace().collect();
        assert_eq!(words, ["let", "x", "=", "1;", "f();;", "impl", "A", "{}"]);
        assert_eq!((seen.len(), seen.find("let"), defines), (text.len(), text.find("let"), false));
        // A reader's own marks are not ours.
        assert_eq!(for_compiler("m7", "{/*m8<*/ /*m8>*/};", 1, &BTreeMap::new()).0, "{/*m8<*/ /*m8>*/};");
    }

    #[test]
    fn a_static_is_defined_once() {
        let text = format!("cfg({}) \"{}\" x", alive("m7", 3), symbol("m7", 3));
        assert_eq!(
            for_compiler("m7", &text, 5, &BTreeMap::new()),
            ("cfg(any()    ) \"m7s000003_000005\" x".into(), true)
        );
        let alive = BTreeMap::from([(3, 4)]);
        assert_eq!(
            for_compiler("m7", &text, 5, &alive),
            ("cfg(all()    ) \"m7s000003_000004\" x".into(), false)
        );
    }
}
