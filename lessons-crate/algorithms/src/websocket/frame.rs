//! Frames: the pieces that messages are sent in.

use super::close::CloseCode;

/// The longest payload of a ping, pong or close, in bytes.
pub const CONTROL_BYTES_MAX: usize = 125;

/// Which side reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A server: what it reads must be masked.
    Server,
    /// A client: what it reads must not be.
    Client,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opcode {
    /// 0: the next piece of a message.
    Continuation,
    /// 1: a text in UTF-8, or its first piece.
    Text,
    /// 2: bytes, or their first piece.
    Binary,
    /// 8: no more will be sent.
    Close,
    /// 9: are you there?
    Ping,
    /// 10: yes, with what the ping had.
    Pong,
}

impl Opcode {
    /// The opcode of a number; `None` when it means nothing.
    pub fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    fn number(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    /// Whether it may come between the pieces of a message: it is short and in one piece.
    pub fn is_control(self) -> bool {
        self.number() >= 8
    }
}

/// Why bytes are no frame. The connection is closed with [`close_code`](Self::close_code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A bit of an extension that nobody agreed on.
    #[error("a reserved bit is set, and no extension was agreed on")]
    Reserved,
    /// 3 to 7 and 11 to 15 mean nothing.
    #[error("{0} is no opcode")]
    Opcode(u8),
    /// A ping, pong or close in pieces.
    #[error("a control frame is in one piece")]
    FragmentedControl,
    /// A ping, pong or close of more than 125 bytes.
    #[error("a control frame has at most {CONTROL_BYTES_MAX} bytes")]
    LongControl,
    /// The length fits a shorter form.
    #[error("the length {0} is not in its shortest form")]
    NotMinimal(u64),
    /// A length of 64 bits, of which the highest is set.
    #[error("the highest bit of the length is set")]
    LengthBit,
    /// A client's frame without a mask, or a server's with one.
    #[error("frames of clients are masked, those of servers are not")]
    Mask,
    /// Longer than the receiver takes.
    #[error("a frame of {length} bytes, and at most {max} are taken")]
    TooLarge {
        /// What the header says.
        length: u64,
        /// The limit.
        max: usize,
    },
}

impl FrameError {
    /// The code to close with.
    pub fn close_code(self) -> CloseCode {
        match self {
            Self::TooLarge { .. } => CloseCode::TOO_BIG,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }
}

/// One frame, its payload unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether it is the last piece of its message.
    pub fin: bool,
    /// What it is.
    pub opcode: Opcode,
    /// What is in it.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A frame that is a whole message, or a control frame.
    pub fn whole(opcode: Opcode, payload: impl Into<Vec<u8>>) -> Self {
        Self { fin: true, opcode, payload: payload.into() }
    }

    /// A close frame; the reason is cut to what fits, not within a character.
    pub fn close(code: CloseCode, reason: &str) -> Self {
        let end =
            (0..=reason.len().min(CONTROL_BYTES_MAX - 2)).rev().find(|end| reason.is_char_boundary(*end));
        let reason = &reason[..end.unwrap_or(0)];
        Self::whole(Opcode::Close, [&code.0.to_be_bytes()[..], reason.as_bytes()].concat())
    }

    /// The bytes on the wire: as a server sends them, or with the mask of a client.
    ///
    /// The mask must be new for each frame and not to be guessed: it keeps a page from choosing the bytes on the wire, so
    /// that no proxy takes them for a request. It is no secret. O(length).
    ///
    /// # Examples
    ///
    /// ```
    /// use lessons::websocket::{Frame, Opcode};
    ///
    /// // RFC 6455, section 5.7: "Hello" as a server and as a client sends it.
    /// let hello = Frame::whole(Opcode::Text, "Hello");
    /// assert_eq!(hello.encode(None), b"\x81\x05Hello");
    /// let masked = hello.encode(Some([0x37, 0xfa, 0x21, 0x3d]));
    /// assert_eq!(masked, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    /// ```
    ///
    /// # Sources
    ///
    /// RFC 6455, section 5.2; why frames are masked: L.-S. Huang et al., "Talking to Yourself for Fun and Profit",
    /// W2SP 2011.
    pub fn encode(&self, mask: Option<[u8; 4]>) -> Vec<u8> {
        let mut out = Vec::with_capacity(14 + self.payload.len());
        out.push(u8::from(self.fin) << 7 | self.opcode.number());
        let masked = if mask.is_some() { 0x80 } else { 0 };
        match self.payload.len() {
            length @ ..126 => out.push(masked | length as u8),
            length @ 126..0x1_0000 => {
                out.push(masked | 126);
                out.extend((length as u16).to_be_bytes());
            }
            length => {
                out.push(masked | 127);
                out.extend((length as u64).to_be_bytes());
            }
        }
        out.extend(mask.into_iter().flatten());
        let start = out.len();
        out.extend_from_slice(&self.payload);
        if let Some(mask) = mask {
            apply_mask(&mut out[start..], mask);
        }
        out
    }
}

/// Masks or unmasks: byte i is combined with byte i mod 4 of the mask; twice is not at all. O(length).
///
/// The same expression with `^=` over single bytes; written over eight at a time, because it is what a server does to
/// each byte that comes in.
pub fn apply_mask(payload: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut chunks = payload.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(chunk);
        chunk.copy_from_slice(&(u64::from_ne_bytes(bytes) ^ word).to_ne_bytes());
    }
    for (at, byte) in chunks.into_remainder().iter_mut().enumerate() {
        *byte ^= mask[at % 4];
    }
}

/// What is at the start of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// More is needed: the buffer must have at least so many bytes before it is worth another try.
    Incomplete(usize),
    /// A frame, and how many bytes it took.
    Frame(Frame, usize),
}

/// The frame at the start of a buffer.
///
/// All that can be wrong is seen in the header, before the payload is there; the length that it states is compared with
/// `max_bytes` before anything is reserved.
///
/// # Complexity
///
/// O(1) while it is incomplete, O(length) for a frame.
///
/// # Errors
///
/// See [`FrameError`].
///
/// # Examples
///
/// ```
/// use lessons::websocket::{Frame, FrameError, Opcode, Parsed, Role, parse};
///
/// let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
/// let hello = Frame::whole(Opcode::Text, "Hello");
/// assert_eq!(parse(&masked, Role::Server, 1_000), Ok(Parsed::Frame(hello, 11)));
/// assert_eq!(parse(&masked[..2], Role::Server, 1_000), Ok(Parsed::Incomplete(11)));
/// assert_eq!(parse(&masked, Role::Client, 1_000), Err(FrameError::Mask));
/// ```
///
/// # Sources
///
/// I. Fette, A. Melnikov, "The WebSocket Protocol", RFC 6455, 2011, section 5.
pub fn parse(bytes: &[u8], role: Role, max_bytes: usize) -> Result<Parsed, FrameError> {
    let Some(&first) = bytes.first() else { return Ok(Parsed::Incomplete(2)) };
    if first & 0x70 != 0 {
        return Err(FrameError::Reserved);
    }
    let fin = first & 0x80 != 0;
    let opcode = Opcode::from_number(first & 0x0f).ok_or(FrameError::Opcode(first & 0x0f))?;
    if opcode.is_control() && !fin {
        return Err(FrameError::FragmentedControl);
    }
    let Some(&second) = bytes.get(1) else { return Ok(Parsed::Incomplete(2)) };
    let masked = second & 0x80 != 0;
    if masked != (role == Role::Server) {
        return Err(FrameError::Mask);
    }
    let short = second & 0x7f;
    if opcode.is_control() && usize::from(short) > CONTROL_BYTES_MAX {
        return Err(FrameError::LongControl);
    }
    let (length, at) = match short {
        126 => match bytes[2..].first_chunk() {
            Some(length) => (u64::from(u16::from_be_bytes(*length)), 4),
            None => return Ok(Parsed::Incomplete(4)),
        },
        127 => match bytes[2..].first_chunk() {
            Some(length) => (u64::from_be_bytes(*length), 10),
            None => return Ok(Parsed::Incomplete(10)),
        },
        length => (u64::from(length), 2),
    };
    if length >> 63 != 0 {
        return Err(FrameError::LengthBit);
    }
    if (at == 4 && length < 126) || (at == 10 && length < 0x1_0000) {
        return Err(FrameError::NotMinimal(length));
    }
    let length = match usize::try_from(length) {
        Ok(fits) if fits <= max_bytes => fits,
        _ => return Err(FrameError::TooLarge { length, max: max_bytes }),
    };
    let start: usize = at + if masked { 4 } else { 0 };
    // No overflow: a limit beyond the memory of the machine is nobody's.
    let end = start.saturating_add(length);
    let Some(payload) = bytes.get(start..end) else { return Ok(Parsed::Incomplete(end)) };
    let mut payload = payload.to_vec();
    if let (true, Some(mask)) = (masked, bytes[at..].first_chunk()) {
        apply_mask(&mut payload, *mask);
    }
    Ok(Parsed::Frame(Frame { fin, opcode, payload }, end))
}
