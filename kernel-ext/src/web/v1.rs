//! The WebSocket subprotocol `v1.kernel.websocket.jupyter.org`: a message as one binary frame.
//!
//! ```text
//! n: u64 | n offsets: u64 | channel | header | parent header | metadata | content | buffers ...
//! ```
//!
//! Numbers are little-endian; offset `i` is where part `i` starts, and the last one is the end.
//!
//! Source: Jupyter Development Team, "WebSocket kernel wire protocols", jupyter_server documentation.

use serde_json::{Value, json};

use crate::protocol::Message;

/// The name by which clients ask for it.
pub(super) const NAME: &str = "v1.kernel.websocket.jupyter.org";

const WORD: usize = size_of::<u64>();

/// The frame for a message in its JSON form.
pub(super) fn encode(text: &str) -> Result<Vec<u8>, serde_json::Error> {
    let mut message: Value = serde_json::from_str(text)?;
    let channel = message["channel"].as_str().unwrap_or_default().as_bytes().to_vec();
    let mut parts = vec![channel];
    for name in ["header", "parent_header", "metadata", "content"] {
        parts.push(serde_json::to_vec(&message[name].take())?);
    }
    let count = parts.len() + 1;
    let mut offset = WORD * (count + 1);
    let mut frame = (count as u64).to_le_bytes().to_vec();
    frame.extend((offset as u64).to_le_bytes());
    for part in &parts {
        offset += part.len();
        frame.extend((offset as u64).to_le_bytes());
    }
    frame.extend(parts.concat());
    Ok(frame)
}

/// The message in a frame; `None` when it is not one. Buffers are left out: our kernel takes none.
pub(super) fn decode(frame: &[u8]) -> Option<Message> {
    let word = |index: usize| -> Option<usize> {
        let start = index.checked_mul(WORD)?;
        let bytes = frame.get(start..start.checked_add(WORD)?)?;
        usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let part = |index: usize| frame.get(word(index + 1)?..word(index + 2)?);
    // Five parts have six offsets, and the first part starts right after the last offset.
    let count = word(0)?;
    if count < 6 || word(1)? != count.checked_add(1)?.checked_mul(WORD)? {
        return None;
    }
    let json = |index: usize| -> Option<Value> { serde_json::from_slice(part(index)?).ok() };
    let message = json!({
        "channel": std::str::from_utf8(part(0)?).ok()?,
        "header": json(1)?,
        "parent_header": json(2)?,
        "metadata": json(3)?,
        "content": json(4)?,
    });
    serde_json::from_value(message).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Channel;

    #[test]
    fn there_and_back() {
        let message = Message::request(Channel::Control, "interrupt_request", json!({ "é": [1, null] }));
        let frame = encode(&serde_json::to_string(&message).expect("JSON")).expect("a frame");
        assert_eq!(frame[..16], [6, 0, 0, 0, 0, 0, 0, 0, 56, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(&frame[56..63], b"control");
        assert_eq!(decode(&frame), Some(message));
    }

    #[test]
    fn broken_frames_are_refused() {
        let message = Message::request(Channel::Shell, "x", json!({}));
        let good = encode(&serde_json::to_string(&message).expect("JSON")).expect("a frame");
        for length in 0..good.len() {
            assert_eq!(decode(&good[..length]), None, "cut to {length} bytes");
        }
        for (name, index) in [("count", 0), ("first offset", 8), ("last offset", 48)] {
            let mut bad = good.clone();
            bad[index..index + 8].copy_from_slice(&u64::MAX.to_le_bytes());
            assert_eq!(decode(&bad), None, "{name}");
        }
    }
}
