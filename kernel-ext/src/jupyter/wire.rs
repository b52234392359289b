//! A message as ZeroMQ frames: routing, a delimiter, a signature, four pieces of JSON, attachments.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use hmac::{Hmac, Mac as _};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::Sha256;
use thiserror::Error;

use crate::protocol::{Channel, Header, Message};

/// Ends the routing frames.
const DELIMITER: &[u8] = b"<IDS|MSG>";

/// Why frames are not a message for us. Such frames are dropped: they never stop a kernel.
#[derive(Debug, Error)]
pub(crate) enum WireError {
    #[error("its frames hold no {}", String::from_utf8_lossy(DELIMITER))]
    NoDelimiter,
    #[error("it has {0} of at least 5 frames after the delimiter")]
    TooFewFrames(usize),
    #[error("its signature is wrong")]
    Signature,
    #[error("it was here before")]
    Again,
    #[error("its {part} is not what the protocol asks for: {source}")]
    Json { part: &'static str, source: serde_json::Error },
}

/// How many messages are remembered, so that none is taken twice; as many as in Jupyter's own session.
const REMEMBERED: usize = 1 << 16;

/// Signs and checks messages with the key of the connection file.
#[derive(Clone, Default)]
pub(crate) struct Signer {
    /// Nothing is signed without a key.
    mac: Option<Hmac<Sha256>>,
    /// The signatures of what came in, on all channels.
    seen: Arc<Mutex<Seen>>,
}

/// The newest signatures.
#[derive(Default)]
struct Seen {
    known: HashSet<[u8; 32]>,
    order: VecDeque<[u8; 32]>,
}

impl Seen {
    /// Remembers a signature; false when it is known.
    fn is_new(&mut self, signature: [u8; 32]) -> bool {
        if !self.known.insert(signature) {
            return false;
        }
        self.order.push_back(signature);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

impl Signer {
    pub(crate) fn new(key: &str) -> Self {
        // HMAC takes keys of any length.
        let mac = if key.is_empty() { None } else { Hmac::new_from_slice(key.as_bytes()).ok() };
        Self { mac, seen: Arc::default() }
    }

    fn over(&self, parts: &[Bytes]) -> Option<Hmac<Sha256>> {
        let mut mac = self.mac.clone()?;
        for part in parts {
            mac.update(part);
        }
        Some(mac)
    }

    /// The signature in hexadecimal; empty without a key.
    fn sign(&self, parts: &[Bytes]) -> Bytes {
        let Some(mac) = self.over(parts) else { return Bytes::new() };
        let digits = mac.finalize().into_bytes().iter().fold(String::new(), |digits, byte| {
            const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";
            let digit = |value: u8| char::from(HEXADECIMAL[usize::from(value)]);
            digits + &format!("{}{}", digit(byte >> 4), digit(byte & 15))
        });
        digits.into()
    }

    /// Checks that `signature` fits, in a time that does not depend on how much of it does, and that it is new: it
    /// covers the time of the message and its number, so that no two messages have the same.
    fn verify(&self, signature: &[u8], parts: &[Bytes]) -> Result<(), WireError> {
        let Some(mac) = self.over(parts) else { return Ok(()) };
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let bytes: Option<Vec<u8>> =
            signature.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect();
        let bytes: [u8; 32] = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(WireError::Signature)?;
        mac.verify_slice(&bytes).map_err(|_| WireError::Signature)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_new(bytes) { Ok(()) } else { Err(WireError::Again) }
    }
}

/// Reads a message from the frames that came in on `channel`.
pub(crate) fn decode(
    mut frames: Vec<Bytes>,
    channel: Channel,
    signer: &Signer,
) -> Result<Message, WireError> {
    let delimiter = frames.iter().position(|frame| frame == DELIMITER).ok_or(WireError::NoDelimiter)?;
    let mut rest = frames.split_off(delimiter + 1);
    frames.pop();
    if rest.len() < 5 {
        return Err(WireError::TooFewFrames(rest.len()));
    }
    let buffers = rest.split_off(5);
    signer.verify(&rest[0], &rest[1..])?;
    let parent: Map<String, Value> = parse("parent header", &rest[2])?;
    let parent_header: Option<Header> =
        if parent.is_empty() { None } else { Some(parse("parent header", &rest[2])?) };
    Ok(Message {
        channel,
        header: parse("header", &rest[1])?,
        parent_header,
        metadata: Value::Object(parse("metadata", &rest[3])?),
        content: Value::Object(parse("content", &rest[4])?),
        identities: frames,
        buffers,
    })
}

fn parse<T: DeserializeOwned>(part: &'static str, frame: &[u8]) -> Result<T, WireError> {
    serde_json::from_slice(frame).map_err(|source| WireError::Json { part, source })
}

/// The frames of a message. What everyone may hear starts with its kind, which clients can subscribe to.
pub(crate) fn encode(message: &Message, signer: &Signer) -> Result<Vec<Bytes>, WireError> {
    let parent = message.parent_header.as_ref();
    let parts = [
        json("header", &message.header)?,
        parent.map_or(Ok(Bytes::from_static(b"{}")), |parent| json("parent header", parent))?,
        json("metadata", &message.metadata)?,
        json("content", &message.content)?,
    ];
    let mut frames = match message.channel {
        Channel::Iopub => vec![Bytes::from(message.header.msg_type.clone())],
        Channel::Shell | Channel::Control | Channel::Stdin => message.identities.clone(),
    };
    frames.push(Bytes::from_static(DELIMITER));
    frames.push(signer.sign(&parts));
    frames.extend(parts);
    frames.extend(message.buffers.iter().cloned());
    Ok(frames)
}

fn json(part: &'static str, value: &impl serde::Serialize) -> Result<Bytes, WireError> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|source| WireError::Json { part, source })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HEADER: &str = r#"{"msg_id":"m1","session":"s1","username":"u","date":"2026-01-05T10:00:00Z","msg_type":"execute_request","version":"5.4"}"#;

    fn frames(signer: &Signer, parts: [&str; 4]) -> Vec<Bytes> {
        let parts = parts.map(|part| Bytes::copy_from_slice(part.as_bytes()));
        let mut frames =
            vec![Bytes::from_static(b"peer"), Bytes::from_static(DELIMITER), signer.sign(&parts)];
        frames.extend(parts);
        frames
    }

    #[test]
    fn hmac_of_rfc_4231() {
        // Test case 2: key "Jefe", data "what do ya want for nothing?", here in two parts.
        let parts = [Bytes::from_static(b"what do ya want "), Bytes::from_static(b"for nothing?")];
        assert_eq!(
            Signer::new("Jefe").sign(&parts),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(Signer::new("").sign(&parts), "");
    }

    #[test]
    fn a_message_survives_the_wire() {
        let signer = Signer::new("secret");
        let mut request = Message::request(Channel::Shell, "execute_request", json!({ "code": "é \"1\"" }));
        request.identities = vec![Bytes::from_static(b"a"), Bytes::from_static(b"b")];
        request.buffers = vec![Bytes::from_static(&[0, 255])];
        request.parent_header = Some(Header::new("s", "parent"));
        let frames = encode(&request, &signer).expect("frames");
        assert_eq!(decode(frames, Channel::Shell, &signer).expect("a message"), request);
    }

    #[test]
    fn publications_start_with_their_kind() {
        let status = Message::publish(None, "s", "status", json!({ "execution_state": "idle" }));
        let frames = encode(&status, &Signer::default()).expect("frames");
        assert_eq!(frames[0], "status");
        assert_eq!(frames[4], "{}");
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let signer = Signer::new("secret");
        let good = frames(&signer, [HEADER, "{}", "{}", r#"{"code":"1"}"#]);
        assert!(decode(good.clone(), Channel::Shell, &signer).is_ok());
        for frame in 2..good.len() {
            for byte in 0..good[frame].len() {
                let mut tampered = good.clone();
                let mut bytes = tampered[frame].to_vec();
                bytes[byte] ^= 1;
                tampered[frame] = bytes.into();
                let result = decode(tampered, Channel::Shell, &signer);
                assert!(matches!(result, Err(WireError::Signature)), "frame {frame}, byte {byte}");
            }
        }
        let other = Signer::new("another secret");
        assert!(matches!(decode(good, Channel::Shell, &other), Err(WireError::Signature)));
    }

    #[test]
    fn broken_frames_are_named() {
        let signer = Signer::new("secret");
        let cut = |count: usize| frames(&signer, [HEADER, "{}", "{}", "{}"])[..count].to_vec();
        for (name, frames, expected) in [
            ("nothing", Vec::new(), "hold no <IDS|MSG>"),
            ("no delimiter", cut(1), "hold no <IDS|MSG>"),
            ("only a delimiter", cut(2), "0 of at least 5"),
            ("cut short", cut(5), "3 of at least 5"),
            ("header is a list", frames(&signer, ["[]", "{}", "{}", "{}"]), "its header"),
            ("header is empty", frames(&signer, ["{}", "{}", "{}", "{}"]), "missing field `msg_id`"),
            (
                "a type is a number",
                frames(&signer, [&HEADER.replace("\"execute_request\"", "7"), "{}", "{}", "{}"]),
                "invalid type",
            ),
            ("parent is text", frames(&signer, [HEADER, "\"x\"", "{}", "{}"]), "its parent header"),
            ("metadata is null", frames(&signer, [HEADER, "{}", "null", "{}"]), "its metadata"),
            ("content is not JSON", frames(&signer, [HEADER, "{}", "{}", "{'a'}"]), "its content"),
            (
                "content is bottomless",
                frames(&signer, [HEADER, "{}", "{}", &"{\"a\":".repeat(9999)]),
                "recursion limit",
            ),
        ] {
            let error = decode(frames, Channel::Shell, &signer).expect_err(name).to_string();
            assert!(error.contains(expected), "{name}: {error}");
        }
    }

    #[test]
    fn a_message_is_taken_once() {
        let signer = Signer::new("secret");
        let good = frames(&signer, [HEADER, "{}", "{}", "{}"]);
        assert!(decode(good.clone(), Channel::Shell, &signer).is_ok());
        let again = decode(good.clone(), Channel::Control, &signer.clone());
        assert!(matches!(again, Err(WireError::Again)), "on another channel");
        let mut shouted = good.clone();
        shouted[2] = good[2].to_ascii_uppercase().into();
        assert!(
            matches!(decode(shouted, Channel::Shell, &signer), Err(WireError::Again)),
            "written otherwise"
        );
        // The oldest are forgotten, so that a session does not grow.
        let mut seen = Seen::default();
        let numbered = |n: usize| {
            let mut signature = [0; 32];
            signature[..8].copy_from_slice(&n.to_le_bytes());
            signature
        };
        assert!((0..=REMEMBERED).all(|n| seen.is_new(numbered(n))));
        assert!(!seen.is_new(numbered(1)) && seen.is_new(numbered(0)));
        assert_eq!((seen.known.len(), seen.order.len()), (REMEMBERED, REMEMBERED));
    }

    #[test]
    fn odd_signatures_are_wrong_signatures() {
        let signer = Signer::new("secret");
        let good = frames(&signer, [HEADER, "{}", "{}", "{}"]);
        for signature in ["", "0", "zz", "é", &"0".repeat(63), &"0".repeat(64), &"0".repeat(100_000)] {
            let mut frames = good.clone();
            frames[2] = Bytes::copy_from_slice(signature.as_bytes());
            assert!(
                matches!(decode(frames, Channel::Shell, &signer), Err(WireError::Signature)),
                "{signature}"
            );
        }
    }
}
