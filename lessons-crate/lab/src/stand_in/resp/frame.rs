//! Messages of the protocol: written, and taken from what has come.

/// One message of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Frame {
    /// A short line, such as `OK`.
    Simple(&'static str),
    /// An error, with its kind as the first word.
    Error(String),
    /// A whole number.
    Integer(i64),
    /// Any bytes.
    Bulk(Vec<u8>),
    /// Nothing here.
    Nil,
    /// No list here: what `EXEC` gives when a watched key has changed.
    NilArray,
    /// A list.
    Array(Vec<Frame>),
}

impl Frame {
    pub(crate) const OK: Self = Self::Simple("OK");

    /// Text as bytes.
    pub(crate) fn text(text: impl ToString) -> Self {
        Self::Bulk(text.to_string().into_bytes())
    }

    /// A truth as Redis says it: 1 or 0.
    pub(crate) fn truth(truth: bool) -> Self {
        Self::Integer(truth.into())
    }

    /// A length.
    pub(crate) fn count(count: usize) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A value, or nothing.
    pub(crate) fn maybe(value: Option<&[u8]>) -> Self {
        value.map_or(Self::Nil, |bytes| Self::Bulk(bytes.to_vec()))
    }

    /// A list of values.
    pub(crate) fn list<V: AsRef<[u8]>>(values: impl IntoIterator<Item = V>) -> Self {
        Self::Array(values.into_iter().map(|value| Self::Bulk(value.as_ref().to_vec())).collect())
    }

    /// Appends the bytes of the message.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Simple(line) => out.extend(format!("+{line}\r\n").bytes()),
            Self::Error(line) => out.extend(format!("-{line}\r\n").bytes()),
            Self::Integer(number) => out.extend(format!(":{number}\r\n").bytes()),
            Self::Nil => out.extend(b"$-1\r\n"),
            Self::NilArray => out.extend(b"*-1\r\n"),
            Self::Bulk(bytes) => {
                out.extend(format!("${}\r\n", bytes.len()).bytes());
                out.extend(bytes);
                out.extend(b"\r\n");
            }
            Self::Array(items) => {
                out.extend(format!("*{}\r\n", items.len()).bytes());
                items.iter().for_each(|item| item.write(out));
            }
        }
    }
}

/// The most arguments and the most bytes of one argument that are taken.
const MOST_ARGUMENTS: usize = 100_000;
const MOST_BYTES: usize = 16 << 20;

/// Takes one command from the front of `buffer`: its words, or `None` when more bytes have to come.
///
/// # Errors
///
/// When the bytes are no command.
pub(crate) fn take_command(buffer: &mut Vec<u8>) -> Result<Option<Vec<Vec<u8>>>, &'static str> {
    let mut at = 0;
    let Some(line) = line(buffer, &mut at) else { return Ok(None) };
    let Some(count) = line.strip_prefix(b"*") else {
        // A line typed by a person.
        let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let words = words.map(<[u8]>::to_vec).collect();
        buffer.drain(..at);
        return Ok(Some(words));
    };
    let count = number(count).filter(|&count| count <= MOST_ARGUMENTS).ok_or("invalid multibulk length")?;
    let mut words = Vec::new();
    for _ in 0..count {
        let Some(header) = self::line(buffer, &mut at) else { return Ok(None) };
        let length = header.strip_prefix(b"$").ok_or("expected '$'")?;
        let length = number(length).filter(|&length| length <= MOST_BYTES).ok_or("invalid bulk length")?;
        if buffer.len() < at + length + 2 {
            return Ok(None);
        }
        words.push(buffer[at..at + length].to_vec());
        at += length + 2;
    }
    buffer.drain(..at);
    Ok(Some(words))
}

fn line<'a>(buffer: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let rest = &buffer[*at..];
    let length = rest.iter().position(|&byte| byte == b'\n')?;
    *at += length + 1;
    Some(rest[..length].trim_ascii_end())
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_come_in_pieces_and_in_rows() {
        let whole = b"*2\r\n$3\r\nGET\r\n$3\r\na\r\n\r\nPING\r\n";
        for cut in 0..whole.len() {
            let mut buffer = whole[..cut].to_vec();
            let first = take_command(&mut buffer).expect("no error in a part");
            buffer.extend(&whole[cut..]);
            let first = first.map_or_else(|| take_command(&mut buffer), |words| Ok(Some(words)));
            assert_eq!(first, Ok(Some(vec![b"GET".to_vec(), b"a\r\n".to_vec()])), "{cut}");
            assert_eq!(take_command(&mut buffer), Ok(Some(vec![b"PING".to_vec()])));
            assert_eq!(take_command(&mut buffer), Ok(None));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for nonsense in ["*x\r\n", "*1\r\n:3\r\n", "*1\r\n$99999999999\r\n", "*-5\r\n"] {
            assert!(take_command(&mut nonsense.as_bytes().to_vec()).is_err(), "{nonsense:?}");
        }
    }
}
