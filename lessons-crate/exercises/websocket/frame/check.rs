//! Checks a parser of WebSocket frames.

use algorithms::rng::Rng;
use algorithms::websocket;
pub use algorithms::websocket::{Frame, FrameError, Opcode, Parsed, Role};

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

/// Bytes, who reads, and the limit in.
type Answer = fn(&[u8], Role, usize) -> Result<Parsed, FrameError>;
planted!("websocket/frame");

type Input = (Vec<u8>, Role);

/// No payload is longer here.
const MAX: usize = 70_000;

const QUESTION: Question<Answer, Input, Result<Parsed, FrameError>> = Question {
    ask: |answer, (bytes, role)| answer(bytes, *role, MAX),
    right: |(bytes, role)| websocket::parse(bytes, *role, MAX),
    // Fewer bytes may be asked for: the caller only tries once more often. But more than there are.
    accepts: Some(|(bytes, role), found| match (websocket::parse(bytes, *role, MAX), found) {
        (Ok(Parsed::Incomplete(right)), Ok(Parsed::Incomplete(needed))) => {
            *needed > bytes.len() && *needed <= right
        }
        (right, found) => right == *found,
    }),
    same: |one, other| one == other,
    input: |(bytes, role)| {
        let shown: Vec<String> = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let dots = if bytes.len() > 16 { format!(" ... ({} bytes)", bytes.len()) } else { String::new() };
        format!("parse(&[{}{dots}], Role::{role:?}, {MAX})", shown.join(" "))
    },
    output: |found| match found {
        Ok(Parsed::Frame(frame, used)) => {
            let text: String =
                frame.payload.iter().take(16).map(|byte| byte.escape_ascii().to_string()).collect();
            format!(
                "{:?}, fin: {}, {} bytes of payload: \"{text}\"; {used} bytes used",
                frame.opcode,
                frame.fin,
                frame.payload.len()
            )
        }
        other => format!("{other:?}"),
    },
};

/// Checks a function that takes the frame at the start of a buffer.
pub fn frame(parse: fn(&[u8], Role, usize) -> Result<Parsed, FrameError>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, parse, MISTAKES)
        .visible("the examples of RFC 6455", examples)
        .visible("lengths of 16 and 64 bits", || {
            let lengths = [0, 1, 125, 126, 127, 300, 65_535, 65_536];
            lengths.into_iter().flat_map(|length| both(&vec![b'x'; length])).collect()
        })
        .visible("what is incomplete needs more", || examples().into_iter().flat_map(cuts).collect())
        .visible("frames of clients are masked, those of servers are not", || {
            let swap = |role| if role == Role::Server { Role::Client } else { Role::Server };
            examples().into_iter().map(|(bytes, role)| (bytes, swap(role))).collect()
        })
        .hidden("a payload whose length is no multiple of four", || {
            (0..24).flat_map(|length| both(&b"abcdefghijklmnopqrstuvwxyz"[..length])).collect()
        })
        .hidden("reserved bits, opcodes that mean nothing, control frames in pieces", || {
            let firsts = [0xc1, 0xa1, 0x91, 0x83, 0x87, 0x8b, 0x8f, 0x08, 0x09, 0x0a];
            firsts.map(|first| (vec![first, 1, b'x'], Role::Client)).to_vec()
        })
        .hidden("a control frame has at most 125 bytes", || {
            let of =
                |opcode, length: usize| (Frame::whole(opcode, vec![b'x'; length]).encode(None), Role::Client);
            vec![
                of(Opcode::Ping, 125),
                of(Opcode::Ping, 126),
                of(Opcode::Close, 300),
                of(Opcode::Pong, 65_536),
            ]
        })
        .hidden("a length is in its shortest form", || {
            let of = |head: &[u8], length: usize| ([head, &vec![b'x'; length][..]].concat(), Role::Client);
            vec![
                of(&[0x82, 126, 0, 5], 5),
                of(&[0x82, 126, 0, 125], 125),
                of(&[0x82, 127, 0, 0, 0, 0, 0, 0, 0, 5], 5),
                of(&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 65_535),
            ]
        })
        .hidden("a length above the limit is refused before the payload comes", || {
            let of = |length: u64| {
                let mut bytes = vec![0x82, 127];
                bytes.extend(length.to_be_bytes());
                (bytes, Role::Client)
            };
            vec![of(MAX as u64 + 1), of(1 << 40), of(i64::MAX as u64)]
        })
        .hidden("random frames, cut anywhere", random)
        .finish()
}

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn examples() -> Vec<Input> {
    let piece = |fin, opcode, text: &str| Frame { fin, opcode, payload: text.into() };
    vec![
        (piece(true, Opcode::Text, "Hello").encode(None), Role::Client),
        (piece(true, Opcode::Text, "Hello").encode(Some(MASK)), Role::Server),
        (piece(false, Opcode::Text, "Hel").encode(None), Role::Client),
        (piece(true, Opcode::Continuation, "lo").encode(None), Role::Client),
        (piece(true, Opcode::Ping, "Hello").encode(None), Role::Client),
        (piece(true, Opcode::Pong, "Hello").encode(Some(MASK)), Role::Server),
        (piece(true, Opcode::Binary, &"x".repeat(256)).encode(None), Role::Client),
    ]
}

/// A message of a server and of a client, with the beginning of the next frame.
fn both(payload: &[u8]) -> Vec<Input> {
    let frame = Frame::whole(Opcode::Binary, payload);
    [(None, Role::Client), (Some(MASK), Role::Server)]
        .map(|(mask, role)| ([&frame.encode(mask)[..], &[0x81]].concat(), role))
        .to_vec()
}

fn cuts((bytes, role): Input) -> Vec<Input> {
    (0..bytes.len().min(20)).map(|end| (bytes[..end].to_vec(), role)).collect()
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(20);
    (0..2_000)
        .map(|_| {
            let bits = rng.below(10);
            let length = rng.below(1 << bits) as usize;
            let payload = (0..length).map(|_| rng.next_u64() as u8).collect::<Vec<u8>>();
            let opcode = [Opcode::Continuation, Opcode::Text, Opcode::Binary][rng.index(3)];
            let frame = Frame { fin: rng.chance(0.5), opcode, payload };
            let mask = rng.chance(0.5).then(|| (rng.next_u64() as u32).to_be_bytes());
            let mut bytes = frame.encode(mask);
            // Half of them whole, and most of the others long enough for the header.
            if rng.chance(0.5) {
                bytes.truncate(rng.index(bytes.len()).max(2));
            }
            (bytes, if mask.is_some() { Role::Server } else { Role::Client })
        })
        .collect()
}
