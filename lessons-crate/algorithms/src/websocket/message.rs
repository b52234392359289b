//! From frames to messages.

use super::close::CloseCode;
use super::frame::{Frame, FrameError, Opcode, Parsed, Role, parse};
use super::utf8::Utf8Checker;

/// What a program gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// Answer it with a [`Pong`](Self::Pong) that has the same.
    Ping(Vec<u8>),
    /// The answer to a ping, or a sign of life that nobody asked for.
    Pong(Vec<u8>),
    /// The other side will send no more. Answer with a close frame, if none was sent yet.
    Close(CloseCode, String),
}

/// Why what came is no row of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// A frame that is none.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A piece without a beginning.
    #[error("a piece of a message came, and none was begun")]
    NothingToContinue,
    /// A message began before the other had ended.
    #[error("a message began before the one before had ended")]
    NotContinued,
    /// Text that is not UTF-8; known at the first wrong byte.
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// A close frame of one byte, or with a code that may not be sent.
    #[error("a close frame with the code {0:?}")]
    CloseCode(Option<u16>),
    /// The pieces together are more than is taken.
    #[error("a message of more than {0} bytes")]
    TooLarge(usize),
    /// Something came after a close frame.
    #[error("something came after the close frame")]
    AfterClose,
}

impl MessageError {
    /// The code to close with.
    pub fn close_code(self) -> CloseCode {
        match self {
            Self::Frame(error) => error.close_code(),
            Self::NotUtf8 => CloseCode::INVALID_DATA,
            Self::TooLarge(_) => CloseCode::TOO_BIG,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }
}

/// Takes the bytes of a connection as they come, and gives messages.
///
/// # Complexity
///
/// O(bytes). It keeps less than two messages of the largest size.
///
/// # Examples
///
/// ```
/// use lessons::websocket::{Assembler, Message, Role};
///
/// // RFC 6455, section 5.7: "Hel" and "lo" in two frames, a ping between them.
/// let mut client = Assembler::new(Role::Client, 1_000);
/// client.push(b"\x01\x03Hel\x89\x05Hello\x80\x02lo");
/// assert_eq!(client.next_message()?, Some(Message::Ping(b"Hello".to_vec())));
/// assert_eq!(client.next_message()?, Some(Message::Text("Hello".into())));
/// assert_eq!(client.next_message()?, None);
/// # Ok::<(), lessons::websocket::MessageError>(())
/// ```
///
/// # Sources
///
/// RFC 6455, sections 5.4 to 5.6, 7.1 and 8.1.
#[derive(Clone, Debug)]
pub struct Assembler {
    role: Role,
    max_bytes: usize,
    buffer: Vec<u8>,
    start: usize,
    /// No use to parse before the buffer has so many bytes.
    needed: usize,
    /// The message of which pieces came: whether it is text, and its bytes.
    begun: Option<(bool, Vec<u8>)>,
    text: Utf8Checker,
    closed: bool,
}

impl Assembler {
    /// For one side of a connection; messages may have so many bytes.
    pub fn new(role: Role, max_bytes: usize) -> Self {
        Self {
            role,
            max_bytes,
            buffer: Vec::new(),
            start: 0,
            needed: 0,
            begun: None,
            text: Utf8Checker::default(),
            closed: false,
        }
    }

    /// Takes what came next.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message or control frame; `None` when more bytes are needed.
    ///
    /// # Errors
    ///
    /// See [`MessageError`]; the connection is of no more use then.
    pub fn next_message(&mut self) -> Result<Option<Message>, MessageError> {
        loop {
            let rest = &self.buffer[self.start..];
            if rest.is_empty() || rest.len() < self.needed {
                return Ok(None);
            }
            if self.closed {
                return Err(MessageError::AfterClose);
            }
            match parse(rest, self.role, self.max_bytes)? {
                Parsed::Incomplete(needed) => {
                    self.needed = needed;
                    return Ok(None);
                }
                Parsed::Frame(frame, used) => {
                    self.start += used;
                    self.needed = 0;
                    if let Some(message) = self.frame(frame)? {
                        return Ok(Some(message));
                    }
                }
            }
        }
    }

    fn frame(&mut self, frame: Frame) -> Result<Option<Message>, MessageError> {
        let Frame { fin, opcode, payload } = frame;
        match (opcode, self.begun.is_some()) {
            (Opcode::Ping, _) => return Ok(Some(Message::Ping(payload))),
            (Opcode::Pong, _) => return Ok(Some(Message::Pong(payload))),
            (Opcode::Close, _) => {
                self.closed = true;
                return close(&payload).map(Some);
            }
            (Opcode::Continuation, false) => return Err(MessageError::NothingToContinue),
            (Opcode::Text | Opcode::Binary, true) => return Err(MessageError::NotContinued),
            _ => {}
        }
        let (is_text, bytes) = self.begun.get_or_insert_with(|| (opcode == Opcode::Text, Vec::new()));
        if bytes.len() + payload.len() > self.max_bytes {
            return Err(MessageError::TooLarge(self.max_bytes));
        }
        if *is_text && !self.text.push(&payload) {
            return Err(MessageError::NotUtf8);
        }
        bytes.extend_from_slice(&payload);
        if !fin {
            return Ok(None);
        }
        match self.begun.take() {
            Some((true, bytes)) => {
                // A character may not have been finished.
                let text = String::from_utf8(bytes).map_err(|_| MessageError::NotUtf8)?;
                Ok(Some(Message::Text(text)))
            }
            Some((false, bytes)) => Ok(Some(Message::Binary(bytes))),
            None => Ok(None),
        }
    }
}

fn close(payload: &[u8]) -> Result<Message, MessageError> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return match payload {
            [] => Ok(Message::Close(CloseCode::NO_STATUS, String::new())),
            _ => Err(MessageError::CloseCode(None)),
        };
    };
    let code = CloseCode(u16::from_be_bytes(*code));
    if !code.may_be_sent() {
        return Err(MessageError::CloseCode(Some(code.0)));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| MessageError::NotUtf8)?;
    Ok(Message::Close(code, reason.to_owned()))
}
