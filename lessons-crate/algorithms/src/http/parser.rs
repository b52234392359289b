//! An incremental parser of HTTP/1.1 requests that refuses what two parsers could read in two ways.

use std::collections::VecDeque;

use super::chunked::ChunkedReader;
use super::fields::Fields;
use super::syntax::{ParseError, field, is_token};

/// A complete request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// A token, such as `GET`; any is allowed.
    pub method: String,
    /// What stands between method and version, such as `/todos?done=true`.
    pub target: String,
    /// The 1 of `HTTP/1.1`.
    pub minor_version: u8,
    /// The fields of the head.
    pub fields: Fields,
    /// The content, without its transfer coding.
    pub body: Vec<u8>,
    /// Fields that came after a chunked body. Never treat them as if they had come in the head.
    pub trailers: Fields,
}

/// How much of a request is read before it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one line of the head, the request line included. RFC 9112 asks for at least 8,000.
    pub line_bytes: usize,
    /// Bytes of the head.
    pub head_bytes: usize,
    /// How many fields.
    pub fields: usize,
    /// Bytes of the body.
    pub body_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line_bytes: 8_192, head_bytes: 32_768, fields: 100, body_bytes: 1 << 20 }
    }
}

/// Reads requests from bytes as they come, in pieces of any size.
///
/// A connection carries one request behind the other, so where a body *ends* decides where the next request
/// *begins*. If a proxy and the server behind it find different ends, a client can hide a second request in the body
/// of the first (request smuggling). So whatever could be read in two ways is an error here: `Content-Length` beside
/// `Transfer-Encoding`, two lengths, a length with a sign, a bare line feed, white space before a colon, a folded
/// field, a transfer coding other than `chunked`.
///
/// # Complexity
///
/// O(bytes), whatever the pieces. Memory is bounded by [`Limits`].
///
/// # Examples
///
/// ```
/// use lessons::http::{Limits, ParseError, RequestParser};
///
/// let mut parser = RequestParser::new(Limits::default());
/// parser.feed(b"POST /todos HTTP/1.1\r\nHost: a\r\nContent-Len")?;
/// assert!(parser.next_request().is_none());
/// parser.feed(b"gth: 4\r\n\r\nmilkGET / HTTP/1.1\r\n")?;
/// assert_eq!(parser.next_request().map(|request| request.body), Some(b"milk".to_vec()));
///
/// let mut parser = RequestParser::new(Limits::default());
/// let both = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n";
/// assert_eq!(parser.feed(both), Err(ParseError::TwoLengths));
/// # Ok::<(), ParseError>(())
/// ```
///
/// # Sources
///
/// R. Fielding, M. Nottingham, J. Reschke, "HTTP/1.1", RFC 9112, 2022, sections 2.2, 3, 5, 6 and 11.2. C. Linhart,
/// A. Klein, R. Heled, S. Orrin, "HTTP Request Smuggling", Watchfire, 2005.
#[derive(Clone, Debug)]
pub struct RequestParser {
    limits: Limits,
    state: State,
    /// A line of the head that is not complete.
    line: Vec<u8>,
    /// Bytes of the head so far.
    head_bytes: usize,
    /// The request whose head or body is being read.
    current: Request,
    ready: VecDeque<Request>,
}

#[derive(Clone, Debug)]
enum State {
    /// Before the first line; whether an empty line came, of which one is forgiven.
    Start {
        empty_line: bool,
    },
    Fields,
    /// So many bytes of the body are missing.
    Sized(u64),
    Chunked(Box<ChunkedReader>),
    Failed(ParseError),
}

impl RequestParser {
    /// At the beginning of a connection.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Start { empty_line: false },
            line: Vec::new(),
            head_bytes: 0,
            current: empty(),
            ready: VecDeque::new(),
        }
    }

    /// Reads the next bytes of the connection.
    ///
    /// # Errors
    ///
    /// When they are no request, or one above the limits; from then on always. Requests that were complete before
    /// can still be had.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), ParseError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.step(rest) {
                Ok(used) => rest = &rest[used..],
                Err(error) => {
                    self.state = State::Failed(error);
                    self.line = Vec::new();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// The next complete request, if there is one.
    pub fn next_request(&mut self) -> Option<Request> {
        self.ready.pop_front()
    }

    /// Reads some of the bytes, of which there is at least one, and says how many.
    fn step(&mut self, rest: &[u8]) -> Result<usize, ParseError> {
        match &mut self.state {
            State::Failed(error) => Err(*error),
            State::Sized(left) => {
                let take = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                self.current.body.extend_from_slice(&rest[..take]);
                *left -= take as u64;
                if *left == 0 {
                    self.complete();
                }
                Ok(take)
            }
            State::Chunked(reader) => {
                let used = reader.feed(rest)?;
                if reader.is_done() {
                    let done = std::mem::replace(reader, Box::new(ChunkedReader::new(0)));
                    (self.current.body, self.current.trailers) = done.into_parts();
                    self.complete();
                }
                Ok(used)
            }
            State::Start { .. } | State::Fields => self.head(rest),
        }
    }

    /// Reads to the end of a line of the head, or as far as there are bytes.
    fn head(&mut self, rest: &[u8]) -> Result<usize, ParseError> {
        let first = matches!(self.state, State::Start { .. });
        let end = rest.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(rest.len(), |end| end + 1);
        if self.line.len() + used > self.limits.line_bytes {
            return Err(if first { ParseError::TargetTooLong } else { ParseError::FieldsTooLarge });
        }
        if end.is_none() {
            self.line.extend_from_slice(rest);
            return Ok(used);
        }
        // Most lines come whole, and need not be copied.
        let mut kept = std::mem::take(&mut self.line);
        let line = if kept.is_empty() {
            &rest[..used]
        } else {
            kept.extend_from_slice(&rest[..used]);
            &kept
        };
        self.head_bytes += line.len();
        if self.head_bytes > self.limits.head_bytes {
            return Err(ParseError::FieldsTooLarge);
        }
        let line = line.strip_suffix(b"\r\n").ok_or(ParseError::LineEnd)?;
        match self.state {
            State::Start { empty_line: false } if line.is_empty() => {
                self.state = State::Start { empty_line: true };
            }
            State::Start { .. } => {
                request_line(line, &mut self.current)?;
                self.state = State::Fields;
            }
            _ if line.is_empty() => self.body()?,
            _ if self.current.fields.len() == self.limits.fields => return Err(ParseError::FieldsTooLarge),
            _ => {
                let (name, value) = field(line)?;
                self.current.fields.push_owned(name, value);
            }
        }
        Ok(used)
    }

    /// The head is complete: how is the body told from the next request?
    fn body(&mut self) -> Result<(), ParseError> {
        match body_length(&self.current)? {
            BodyLength::Bytes(0) => self.complete(),
            BodyLength::Bytes(bytes) if bytes > self.limits.body_bytes => {
                return Err(ParseError::BodyTooLarge);
            }
            BodyLength::Bytes(bytes) => self.state = State::Sized(bytes),
            BodyLength::Chunked => {
                self.state = State::Chunked(Box::new(ChunkedReader::new(self.limits.body_bytes)));
            }
        }
        Ok(())
    }

    fn complete(&mut self) {
        self.ready.push_back(std::mem::replace(&mut self.current, empty()));
        self.head_bytes = 0;
        self.state = State::Start { empty_line: false };
    }
}

fn empty() -> Request {
    Request {
        method: String::new(),
        target: String::new(),
        minor_version: 1,
        fields: Fields::new(),
        body: Vec::new(),
        trailers: Fields::new(),
    }
}

enum BodyLength {
    Bytes(u64),
    Chunked,
}

/// Section 6.3, and what it allows to refuse.
fn body_length(request: &Request) -> Result<BodyLength, ParseError> {
    let hosts = request.fields.all("host").count();
    if hosts > 1 || (hosts == 0 && request.minor_version > 0) {
        return Err(ParseError::Host);
    }
    let lengths: Vec<&str> = request.fields.all("content-length").collect();
    let codings: Vec<&str> = request.fields.all("transfer-encoding").collect();
    match (&codings[..], &lengths[..]) {
        ([], []) => Ok(BodyLength::Bytes(0)),
        // Digits only: parse() would also take a sign.
        ([], [length]) if !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit()) => {
            length.parse().map(BodyLength::Bytes).map_err(|_| ParseError::BodyTooLarge)
        }
        ([], _) => Err(ParseError::ContentLength),
        (_, [_, ..]) => Err(ParseError::TwoLengths),
        _ if request.minor_version == 0 => Err(ParseError::OldTransferEncoding),
        ([coding], _) if coding.eq_ignore_ascii_case("chunked") => Ok(BodyLength::Chunked),
        _ => Err(ParseError::TransferEncoding),
    }
}

fn request_line(line: &[u8], request: &mut Request) -> Result<(), ParseError> {
    let line = std::str::from_utf8(line).map_err(|_| ParseError::RequestLine)?;
    let mut parts = line.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(ParseError::RequestLine);
    };
    let visible = !target.is_empty() && target.bytes().all(|byte| byte.is_ascii_graphic());
    if method.is_empty() || !method.bytes().all(is_token) || !visible {
        return Err(ParseError::RequestLine);
    }
    request.minor_version = match version.as_bytes() {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9'] => minor - b'0',
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => return Err(ParseError::Version),
        _ => return Err(ParseError::RequestLine),
    };
    method.clone_into(&mut request.method);
    target.clone_into(&mut request.target);
    Ok(())
}
