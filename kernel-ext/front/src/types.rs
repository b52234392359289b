//! The types of variables, which the compiler tells when it has compiled the cell.
//!
//! The engine stores variables by type, and wants each type in writing before it compiles. Only the
//! compiler knows it. So a new variable is given a stand-in for a type (`Sd35T17`). When the cell is compiled
//! (`compiler/variables.rs`) the stand-in is left out, and the compiler names the type in the same run: a lint
//! warns of `drop(&v)` with the words "argument has type `&T`". From then on the type is written wherever the
//! engine writes the stand-in.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

/// What a stand-in starts with; a number follows.
pub(crate) const STAND_IN: &str = "Sd35T";
/// In the folder of the generated crate: a stand-in, a space and its type on each line.
const FILE: &str = "types";
/// In the same folder: why a variable was refused.
pub const ADVICE: &str = "advice";
/// In the same folder: what the compiler said about the type of a receiver, one diagnostic a line.
pub const RECEIVERS: &str = "types.jsonl";

/// The stand-in with this number.
pub fn stand_in(number: u64) -> String {
    format!("{STAND_IN}{number}")
}

/// Which type each stand-in stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub(crate) types: BTreeMap<String, String>,
}

impl Known {
    /// What is known in the folder of the generated crate.
    pub fn load(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join(FILE)).unwrap_or_default();
        let pair = |line: &str| line.split_once(' ').map(|(name, ty)| (name.to_owned(), ty.to_owned()));
        Self { types: text.lines().filter_map(pair).collect() }
    }

    /// Keeps what is known for the cells to come.
    pub(crate) fn save(&self, folder: &Path) -> io::Result<()> {
        let lines: String = self.types.iter().map(|(name, ty)| format!("{name} {ty}\n")).collect();
        fs::write(folder.join(FILE), lines)
    }

    /// `text` with every stand-in that is known written out.
    pub fn written_out(&self, text: &str) -> String {
        each_stand_in(text, |name| self.types.get(name).cloned().unwrap_or_else(|| name.to_owned()))
    }
}

/// Replaces each stand-in in `text`.
fn each_stand_in(text: &str, mut with: impl FnMut(&str) -> String) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(STAND_IN) {
        let digits = rest[at + STAND_IN.len()..].bytes().take_while(u8::is_ascii_digit).count();
        let end = at + STAND_IN.len() + digits;
        result.push_str(&rest[..at]);
        result.push_str(&if digits > 0 { with(&rest[at..end]) } else { rest[at..end].to_owned() });
        rest = &rest[end..];
    }
    result + rest
}

/// A diagnostic of the compiler; cargo wraps each in a message of its own.
pub(crate) fn diagnostic(line: &str) -> Option<Value> {
    let mut message: Value = serde_json::from_str(line).ok()?;
    Some(if message["message"].is_object() { message["message"].take() } else { message })
}

/// The type of the receiver that `lessons::cell::type_of` was called with, if this line says it.
pub fn receiver(line: &str) -> Option<String> {
    // Most lines do not, and parsing them all would take longer.
    if !line.contains("Sd35Type") {
        return None;
    }
    let message = diagnostic(line).filter(|message| message["code"]["code"] == "E0277")?;
    let bound = message["message"].as_str()?.split_once('`')?.1;
    Some(bound.split_once(": lessons::cell::Sd35Type`")?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_written_out() {
        let pairs = [("Sd35T1", "Vec<i32>"), ("Sd35T12", "u8")];
        let known = Known { types: pairs.map(|(name, ty)| (name.to_owned(), ty.to_owned())).into() };
        let text = "take::<Sd35T1>() Sd35T12 Sd35T123 Sd35T";
        assert_eq!(known.written_out(text), "take::<Vec<i32>>() u8 Sd35T123 Sd35T");
    }
}
