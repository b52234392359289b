//! Answers that need no cell to run.

use serde_json::{Value, json};

use crate::session::{Help, Session};

pub(super) fn kernel_info() -> Value {
    json!({
        "status": "ok",
        "protocol_version": "5.4",
        "implementation": "sd35",
        "implementation_version": env!("CARGO_PKG_VERSION"),
        "language_info": {
            "name": "rust",
            "version": env!("CARGO_PKG_RUST_VERSION"),
            "mimetype": "text/rust",
            "file_extension": ".rs",
            "pygments_lexer": "rust",
            "codemirror_mode": "rust",
            "nbconvert_exporter": "script",
        },
        "banner": "Rust, with the lessons library of System Design in 35 Days loaded",
        "debugger": false,
        "supported_features": [],
        "help_links": [{ "text": "The Rust standard library", "url": "https://doc.rust-lang.org/std/" }],
    })
}

/// The name that a cell asks about: `?BloomFilter`, as in other kernels.
pub(super) fn question(code: &str) -> Option<&str> {
    code.trim().strip_prefix('?').map(str::trim).filter(|name| !name.is_empty() && !name.contains('\n'))
}

/// Whether Enter should run the text or continue it: open brackets and strings continue it.
pub(super) fn is_complete(code: &str) -> Value {
    if question(code).is_some() {
        return json!({ "status": "complete" });
    }
    match crate::session::completeness(code) {
        crate::session::Completeness::Complete => json!({ "status": "complete" }),
        crate::session::Completeness::Invalid => json!({ "status": "invalid" }),
        crate::session::Completeness::Incomplete { indent } => {
            json!({ "status": "incomplete", "indent": indent })
        }
    }
}

/// Positions in messages count characters; Rust counts bytes.
fn cursor(content: &Value) -> (&str, usize) {
    let code = content["code"].as_str().unwrap_or_default();
    let characters = content["cursor_pos"].as_u64().and_then(|n| n.try_into().ok()).unwrap_or(usize::MAX);
    let bytes = code.char_indices().nth(characters).map_or(code.len(), |(at, _)| at);
    (code, bytes)
}

pub(super) fn complete(content: &Value, session: &mut Result<Session, String>) -> Value {
    let (code, at) = cursor(content);
    let found = session.as_mut().ok().map(|session| session.complete(code, at)).unwrap_or_default();
    let characters = |bytes: usize| code[..bytes.min(code.len())].chars().count();
    let (start, end) = (characters(found.start), characters(found.end.max(found.start)));
    let matches: Vec<&str> = found.candidates.iter().map(|candidate| candidate.text.as_str()).collect();
    let typed: Vec<Value> = found
        .candidates
        .iter()
        .map(|candidate| {
            json!({
                "start": start, "end": end, "text": candidate.text,
                "type": candidate.kind, "signature": candidate.signature,
            })
        })
        .collect();
    json!({
        "status": "ok",
        "matches": matches,
        "cursor_start": start,
        "cursor_end": end,
        // Not in the specification; JupyterLab shows it beside each text.
        "metadata": { "_jupyter_types_experimental": typed },
    })
}

pub(super) fn inspect(content: &Value, session: &mut Result<Session, String>) -> Value {
    let (code, at) = cursor(content);
    let help = session.as_mut().ok().and_then(|session| session.inspect(code, at));
    let found = help.is_some();
    json!({ "status": "ok", "found": found, "data": help.map_or_else(|| json!({}), bundle), "metadata": {} })
}

/// Help by media type.
pub(super) fn bundle(help: Help) -> Value {
    let mut data = json!({ "text/plain": help.text });
    if let Some(html) = help.html {
        data["text/html"] = html.into();
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        let content = json!({ "code": "é.a", "cursor_pos": 2 });
        assert_eq!(cursor(&content), ("é.a", 3));
    }
}
