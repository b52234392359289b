//! The chunked transfer coding.

use super::fields::Fields;
use super::syntax::{ParseError, field, trim};

/// A chunk size with more hexadecimal digits than this does not fit into 64 bits.
const SIZE_DIGITS: usize = 16;
/// What stands behind a chunk size, in bytes: nobody uses it, and it costs nothing to send.
const EXTENSION_BYTES: usize = 1_024;
/// Fields after the last chunk, in bytes together.
const TRAILER_BYTES: usize = 8_000;

/// Reads a chunked body piece by piece, however the bytes were cut on their way.
///
/// A body is chunks, each a size in hexadecimal, CRLF, as many bytes, CRLF. A chunk of size 0 ends it; after that may
/// come fields (trailers), and an empty line. What can be read in two ways is refused: signs, `0x`, spaces, lines
/// that end in a bare line feed.
///
/// # Complexity
///
/// O(bytes), however they are cut. Memory: one line of up to a few kilobytes, and the body, up to its limit.
///
/// # Examples
///
/// ```
/// use lessons::http::ChunkedReader;
///
/// let mut reader = ChunkedReader::new(1_000);
/// let used = reader.feed(b"5\r\nhe")? + reader.feed(b"llo\r\n0\r\n\r\nGET /next")?;
/// assert!(reader.is_done());
/// assert_eq!(reader.body(), b"hello");
/// assert_eq!(used, 15); // What follows belongs to the next request.
/// # Ok::<(), lessons::http::ParseError>(())
/// ```
///
/// # Sources
///
/// R. Fielding, M. Nottingham, J. Reschke, "HTTP/1.1", RFC 9112, 2022, section 7.1.
#[derive(Clone, Debug)]
pub struct ChunkedReader {
    body: Vec<u8>,
    trailers: Fields,
    /// A line that is not complete.
    line: Vec<u8>,
    expects: Expects,
    /// The most bytes that the body may have.
    limit: u64,
    extension_bytes: usize,
    trailer_bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    Size,
    /// So many bytes, then CRLF.
    Data(u64),
    /// The CRLF behind the data; whether its first half was seen.
    AfterData {
        carriage_return: bool,
    },
    Trailer,
    Nothing,
}

impl ChunkedReader {
    /// For a body of up to `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self {
            body: Vec::new(),
            trailers: Fields::new(),
            line: Vec::new(),
            expects: Expects::Size,
            limit,
            extension_bytes: 0,
            trailer_bytes: 0,
        }
    }

    /// Reads on, and says how many of the bytes were the body's; fewer than all only at its end.
    ///
    /// # Errors
    ///
    /// When the bytes are no chunked body, or it is too large.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<usize, ParseError> {
        let mut rest = bytes;
        while !rest.is_empty() && self.expects != Expects::Nothing {
            let used = match self.expects {
                Expects::Size | Expects::Trailer => self.read_line(rest)?,
                Expects::Data(left) => {
                    let take = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    self.body.extend_from_slice(&rest[..take]);
                    let left = left - take as u64;
                    self.expects = match left {
                        0 => Expects::AfterData { carriage_return: false },
                        left => Expects::Data(left),
                    };
                    take
                }
                Expects::AfterData { carriage_return } => {
                    self.expects = match (carriage_return, rest[0]) {
                        (false, b'\r') => Expects::AfterData { carriage_return: true },
                        (true, b'\n') => Expects::Size,
                        _ => return Err(ParseError::Chunk),
                    };
                    1
                }
                Expects::Nothing => 0,
            };
            rest = &rest[used..];
        }
        Ok(bytes.len() - rest.len())
    }

    /// Whether the body is complete.
    pub fn is_done(&self) -> bool {
        self.expects == Expects::Nothing
    }

    /// The body, as far as it was read.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Body and trailers.
    pub(super) fn into_parts(self) -> (Vec<u8>, Fields) {
        (self.body, self.trailers)
    }

    fn read_line(&mut self, rest: &[u8]) -> Result<usize, ParseError> {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(rest.len(), |end| end + 1);
        self.line.extend_from_slice(&rest[..used]);
        let (limit, error) = match self.expects {
            Expects::Trailer => (TRAILER_BYTES, ParseError::FieldsTooLarge),
            _ => (SIZE_DIGITS + EXTENSION_BYTES, ParseError::Chunk),
        };
        if self.line.len() > limit {
            return Err(error);
        }
        if end.is_some() {
            let line = std::mem::take(&mut self.line);
            let line = line.strip_suffix(b"\r\n").ok_or(ParseError::LineEnd)?;
            if self.expects == Expects::Trailer { self.trailer(line)? } else { self.size(line)? }
        }
        Ok(used)
    }

    fn size(&mut self, line: &[u8]) -> Result<(), ParseError> {
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let extension = &line[digits..];
        // White space is allowed before the semicolon only, and control characters nowhere.
        let begins = extension.is_empty() || trim(extension).first() == Some(&b';');
        let clean = extension.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..));
        if !(1..=SIZE_DIGITS).contains(&digits) || !begins || !clean {
            return Err(ParseError::Chunk);
        }
        self.extension_bytes += extension.len();
        if self.extension_bytes > EXTENSION_BYTES {
            return Err(ParseError::Chunk);
        }
        let size = line[..digits].iter().fold(0, |size, digit| 16 * size + hex(*digit));
        if size > self.limit - self.body.len() as u64 {
            return Err(ParseError::BodyTooLarge);
        }
        self.expects = if size == 0 { Expects::Trailer } else { Expects::Data(size) };
        Ok(())
    }

    fn trailer(&mut self, line: &[u8]) -> Result<(), ParseError> {
        if line.is_empty() {
            self.expects = Expects::Nothing;
            return Ok(());
        }
        self.trailer_bytes += line.len();
        if self.trailer_bytes > TRAILER_BYTES {
            return Err(ParseError::FieldsTooLarge);
        }
        let (name, value) = field(line)?;
        self.trailers.push_owned(name, value);
        Ok(())
    }
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> u64 {
    u64::from(char::from(digit).to_digit(16).unwrap_or(0))
}

/// A body as chunks of up to `size` bytes, with the chunk that ends it.
///
/// # Panics
///
/// When `size` is 0: a chunk without bytes ends the body.
pub fn encode_chunked(body: &[u8], size: usize) -> Vec<u8> {
    assert!(size > 0, "a chunk of 0 bytes ends the body");
    let mut coded = Vec::with_capacity(body.len() + 16);
    for chunk in body.chunks(size) {
        coded.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        coded.extend_from_slice(chunk);
        coded.extend_from_slice(b"\r\n");
    }
    coded.extend_from_slice(b"0\r\n\r\n");
    coded
}
