//! How a call ended.

use std::fmt;

/// The 17 codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Code {
    /// It worked.
    Ok = 0,
    /// The caller gave up.
    Cancelled = 1,
    /// Something else; also what a client makes of a number that it does not know.
    Unknown = 2,
    /// The request can never be right, whatever the state.
    InvalidArgument = 3,
    /// The deadline passed. What was asked may have been done all the same.
    DeadlineExceeded = 4,
    /// It does not exist.
    NotFound = 5,
    /// It exists already.
    AlreadyExists = 6,
    /// We know who you are, and you may not.
    PermissionDenied = 7,
    /// A quota is used up, or a message is too large.
    ResourceExhausted = 8,
    /// Not in this state: change it first, a retry alone does not help.
    FailedPrecondition = 9,
    /// Somebody else was faster: begin the transaction anew.
    Aborted = 10,
    /// Past the end.
    OutOfRange = 11,
    /// The server has no such method.
    Unimplemented = 12,
    /// A fault of the server.
    Internal = 13,
    /// Not now. The only code that a client should retry as it is.
    Unavailable = 14,
    /// Data is lost or spoiled.
    DataLoss = 15,
    /// We do not know who you are.
    Unauthenticated = 16,
}

impl Code {
    /// All of them, by number.
    pub const ALL: [Self; 17] = [
        Self::Ok,
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The code of a number; a number that nobody knows is [`Unknown`](Self::Unknown).
    pub fn from_number(number: u32) -> Self {
        Self::ALL.get(number as usize).copied().unwrap_or(Self::Unknown)
    }

    /// Its number in the trailer `grpc-status`.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Its name in the documentation.
    pub fn name(self) -> &'static str {
        const NAMES: [&str; 17] = [
            "OK",
            "CANCELLED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED",
        ];
        NAMES[self as usize]
    }

    /// What a client assumes when an answer has this HTTP status and no `grpc-status`: it came from a proxy, not from
    /// a server that speaks gRPC.
    ///
    /// # Sources
    ///
    /// "HTTP to gRPC Status Code Mapping", grpc/grpc, `doc/http-grpc-status-mapping.md`, read 2026.
    pub fn of_http(status: u16) -> Self {
        match status {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502 | 503 | 504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// The HTTP status that tells a REST client the same, as JSON gateways map it: several codes share one.
    ///
    /// # Sources
    ///
    /// `google/rpc/code.proto` (HTTP Mapping), Google, read 2026.
    pub fn to_http(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::Cancelled => 499,
            Self::InvalidArgument | Self::FailedPrecondition | Self::OutOfRange => 400,
            Self::DeadlineExceeded => 504,
            Self::NotFound => 404,
            Self::AlreadyExists | Self::Aborted => 409,
            Self::PermissionDenied => 403,
            Self::ResourceExhausted => 429,
            Self::Unimplemented => 501,
            Self::Unavailable => 503,
            Self::Unauthenticated => 401,
            Self::Unknown | Self::Internal | Self::DataLoss => 500,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The end of a call: it comes after all messages, because only then is it known how it ended.
///
/// # Examples
///
/// ```
/// use lessons::grpc::{Code, Status};
///
/// let status = Status::new(Code::NotFound, "no user named Zoë");
/// assert_eq!(status.trailers(), [("grpc-status", "5".into()), ("grpc-message", "no user named Zo%C3%AB".into())]);
/// assert_eq!(Status::from_trailers([("grpc-status", "5"), ("grpc-message", "no user named Zo%C3%AB")], 200), status);
/// // Without a trailer, the HTTP status is all there is.
/// assert_eq!(Status::from_trailers([], 503).code, Code::Unavailable);
/// ```
///
/// # Sources
///
/// "Status Codes and Their Use in gRPC", grpc/grpc, `doc/statuscodes.md`, and "gRPC over HTTP2" (Responses),
/// `doc/PROTOCOL-HTTP2.md`, read 2026.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What programs look at.
    pub code: Code,
    /// What people read.
    pub message: String,
}

impl Status {
    /// A status with a text.
    pub fn new(code: Code, message: &str) -> Self {
        Self { code, message: message.to_owned() }
    }

    /// The trailers; an empty message is left out.
    pub fn trailers(&self) -> Vec<(&'static str, String)> {
        let mut trailers = vec![("grpc-status", self.code.number().to_string())];
        if !self.message.is_empty() {
            trailers.push(("grpc-message", encode_message(&self.message)));
        }
        trailers
    }

    /// What trailers say; if they say nothing, what the HTTP status lets one assume.
    pub fn from_trailers<'a>(
        trailers: impl IntoIterator<Item = (&'a str, &'a str)>,
        http_status: u16,
    ) -> Self {
        let (mut code, mut message) = (None, String::new());
        for (name, value) in trailers {
            if name.eq_ignore_ascii_case("grpc-status") {
                code = Some(value.parse().map_or(Code::Unknown, Code::from_number));
            } else if name.eq_ignore_ascii_case("grpc-message") {
                message = decode_message(value);
            }
        }
        match code {
            Some(code) => Self { code, message },
            None => Self {
                code: Code::of_http(http_status),
                message: format!("HTTP status {http_status} without grpc-status"),
            },
        }
    }
}

/// A text for a header, which may only have visible ASCII: other bytes, and `%`, become `%XX`. O(length).
pub fn encode_message(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(byte.into()),
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

/// What [`encode_message`] was given. Of what it cannot have made, as much as possible is kept: a text for people must
/// not hide the error that it tells of.
pub fn decode_message(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        let digit = |at: usize| bytes.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn there_are_seventeen_codes() {
        for (number, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!((usize::from(code.number()), Code::from_number(number as u32)), (number, code));
        }
        assert_eq!(Code::from_number(17), Code::Unknown);
        let names = Code::ALL.map(Code::name);
        assert_eq!((names[0], names[4], names[16]), ("OK", "DEADLINE_EXCEEDED", "UNAUTHENTICATED"));
    }

    #[test]
    fn what_a_proxy_answers_is_mapped_as_documented() {
        let table =
            [(400, 13), (401, 16), (403, 7), (404, 12), (429, 14), (502, 14), (503, 14), (504, 14), (500, 2)];
        for (http, number) in table {
            assert_eq!(Code::of_http(http).number(), number, "{http}");
        }
        assert_eq!(Status::from_trailers([("grpc-status", "x")], 200).code, Code::Unknown);
        assert_eq!(Code::ALL.map(Code::to_http)[..6], [200, 499, 500, 400, 504, 404]);
    }

    #[test]
    fn a_spoiled_message_is_still_shown() {
        assert_eq!(decode_message("50% of%zz %c3%a9%"), "50% of%zz \u{e9}%");
        assert_eq!(decode_message("%ff"), "\u{fffd}");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text: String) {
            let encoded = encode_message(&text);
            prop_assert!(encoded.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(decode_message(&encoded), text);
        }
    }
}
