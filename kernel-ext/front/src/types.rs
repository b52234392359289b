//! What the compiler says of types, in its messages.

use serde_json::Value;

/// In the folder of the generated crate: what the compiler said about the type of a receiver, one diagnostic a
/// line.
pub const RECEIVERS: &str = "types.jsonl";

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
