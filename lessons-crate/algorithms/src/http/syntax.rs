//! What the parser of requests and the reader of chunks share: errors, and lines with a name and a value.

/// Why a request is refused. The connection has to be closed: nobody knows where the next request begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The first line is not `METHOD target HTTP/1.x`.
    #[error("the first line is not METHOD, target and version, apart by one space each")]
    RequestLine,
    /// Another major version.
    #[error("the version is not HTTP/1.x")]
    Version,
    /// A line does not end with CRLF, or has a carriage return inside.
    #[error("a line does not end with carriage return and line feed")]
    LineEnd,
    /// A name that is no token, or white space before its colon.
    #[error("a field has no name, or white space before its colon")]
    FieldName,
    /// A control character in a value.
    #[error("a field's value has a control character")]
    FieldValue,
    /// A value that goes on in the next line.
    #[error("a field goes on in the next line, which nobody may send any more")]
    Folded,
    /// None, or several.
    #[error("a request has exactly one Host field")]
    Host,
    /// Both ways to say where the body ends.
    #[error("both Content-Length and Transfer-Encoding: two readers may find two ends")]
    TwoLengths,
    /// Not one decimal number.
    #[error("Content-Length is not one decimal number")]
    ContentLength,
    /// A coding that is not known.
    #[error("Transfer-Encoding is not chunked, the only coding that is known")]
    TransferEncoding,
    /// Transfer coding in a version without it.
    #[error("HTTP/1.0 has no Transfer-Encoding")]
    OldTransferEncoding,
    /// A broken chunk.
    #[error("a chunk's size or its end is malformed")]
    Chunk,
    /// The first line is too long.
    #[error("the target is longer than the limit")]
    TargetTooLong,
    /// One field, or all of them, are too large.
    #[error("the fields are larger, or more, than the limit")]
    FieldsTooLarge,
    /// The body is too large.
    #[error("the body is larger than the limit")]
    BodyTooLarge,
}

impl ParseError {
    /// What to answer, before the connection is closed.
    pub fn status(self) -> u16 {
        match self {
            Self::BodyTooLarge => 413,
            Self::TargetTooLong => 414,
            Self::FieldsTooLarge => 431,
            Self::TransferEncoding => 501,
            Self::Version => 505,
            _ => 400,
        }
    }
}

/// Name and value of a line without its end.
pub(super) fn field(line: &[u8]) -> Result<(String, String), ParseError> {
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Err(ParseError::Folded);
    }
    let colon = line.iter().position(|byte| *byte == b':').ok_or(ParseError::FieldName)?;
    let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
    if name.is_empty() || !name.iter().copied().all(is_token) {
        return Err(ParseError::FieldName);
    }
    if !value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..)) {
        return Err(ParseError::FieldValue);
    }
    let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // Old senders mean Latin-1, whose characters are the first 256 of Unicode.
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    Ok((text(name), text(value)))
}

/// Without spaces and tabs at both ends. Not `trim_ascii`, which would forgive a stray carriage return.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(|byte| !space(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !space(byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// What names are made of.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
