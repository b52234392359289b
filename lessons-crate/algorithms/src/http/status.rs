//! Status codes.

use std::fmt;

/// A status code.
///
/// # Examples
///
/// ```
/// use lessons::http::Status;
///
/// assert_eq!(Status(412).to_string(), "412 Precondition Failed");
/// assert!(Status(404).is_heuristically_cacheable()); // An absence may be kept, too.
/// ```
///
/// # Sources
///
/// RFC 9110, 2022, section 15. M. Nottingham, R. Fielding, "Additional HTTP Status Codes", RFC 6585, 2012 (428, 429,
/// 431, 511). K. Oku, "An HTTP Status Code for Indicating Hints", RFC 8297, 2017 (103).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Status(
    /// From 100 to 599.
    pub u16,
);

impl Status {
    /// What the code means, in the words of its specification; an unknown one is as good as the first of its class.
    pub fn reason(self) -> &'static str {
        REASONS.iter().find(|(code, _)| *code == self.0).map_or("Unknown", |(_, reason)| reason)
    }

    /// From 200 to 299.
    pub fn is_success(self) -> bool {
        (200..300).contains(&self.0)
    }

    /// From 400 on: the client's fault, or the server's.
    pub fn is_error(self) -> bool {
        self.0 >= 400
    }

    /// A cache may choose a lifetime for such a response when it has none of its own.
    pub fn is_heuristically_cacheable(self) -> bool {
        matches!(self.0, 200 | 203 | 204 | 206 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.reason())
    }
}

const REASONS: [(u16, &str); 51] = [
    (100, "Continue"),
    (101, "Switching Protocols"),
    (103, "Early Hints"),
    (200, "OK"),
    (201, "Created"),
    (202, "Accepted"),
    (203, "Non-Authoritative Information"),
    (204, "No Content"),
    (205, "Reset Content"),
    (206, "Partial Content"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Found"),
    (303, "See Other"),
    (304, "Not Modified"),
    (307, "Temporary Redirect"),
    (308, "Permanent Redirect"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Timeout"),
    (409, "Conflict"),
    (410, "Gone"),
    (411, "Length Required"),
    (412, "Precondition Failed"),
    (413, "Content Too Large"),
    (414, "URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Range Not Satisfiable"),
    (417, "Expectation Failed"),
    (421, "Misdirected Request"),
    (422, "Unprocessable Content"),
    (423, "Locked"),
    (424, "Failed Dependency"),
    (425, "Too Early"),
    (426, "Upgrade Required"),
    (428, "Precondition Required"),
    (429, "Too Many Requests"),
    (431, "Request Header Fields Too Large"),
    (451, "Unavailable For Legal Reasons"),
    (500, "Internal Server Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
    (505, "HTTP Version Not Supported"),
];
