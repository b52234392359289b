//! The parser: however it is cut, beside `httparse`, and with hostile bytes.

use proptest::prelude::*;

use super::*;
use crate::rng::Rng;

/// What came out: complete requests, and the error that ended it.
type Parsed = (Vec<Request>, Option<ParseError>);

fn parse(pieces: &[&[u8]], limits: Limits) -> Parsed {
    let mut parser = RequestParser::new(limits);
    let error = pieces.iter().find_map(|piece| parser.feed(piece).err());
    (std::iter::from_fn(|| parser.next_request()).collect(), error)
}

fn whole(bytes: &[u8]) -> Parsed {
    parse(&[bytes], Limits::default())
}

#[track_caller]
fn refused(bytes: &str, error: ParseError) {
    assert_eq!(whole(bytes.as_bytes()).1, Some(error), "{bytes:?}");
}

#[test]
fn a_request_of_the_standard() {
    let text = "GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.example.com\r\nAccept-Language: en, mi\r\n\r\n";
    let (requests, error) = whole(text.as_bytes());
    assert_eq!((requests.len(), error), (1, None));
    let request = &requests[0];
    assert_eq!(
        (request.method.as_str(), request.target.as_str(), request.minor_version),
        ("GET", "/hello.txt", 1)
    );
    assert_eq!(request.fields.list("accept-language").collect::<Vec<_>>(), ["en", "mi"]);
}

#[test]
fn chunks_with_extensions_and_trailers() {
    let text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n\
                4;name=\"x\"\r\nWiki\r\n5 ; a\r\npedia\r\nE\r\n in\r\n\r\nchunks.\r\n0\r\nDigest: 1\r\n\r\n\
                GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
    let (requests, error) = whole(text.as_bytes());
    assert_eq!((requests.len(), error), (2, None));
    assert_eq!(requests[0].body, b"Wikipedia in\r\n\r\nchunks.");
    assert_eq!(requests[0].trailers.get("digest"), Some("1"));
    assert_eq!(requests[0].fields.get("digest"), None);
    assert_eq!(requests[1].target, "/next");
}

#[test]
fn what_smuggles_is_refused() {
    let post = |fields: &str| format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n");
    for (fields, error) in [
        ("Content-Length: 4\r\nTransfer-Encoding: chunked", ParseError::TwoLengths),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0", ParseError::TwoLengths),
        ("Content-Length: 4\r\nContent-Length: 5", ParseError::ContentLength),
        ("Content-Length: 4, 4", ParseError::ContentLength),
        ("Content-Length: +4", ParseError::ContentLength),
        ("Content-Length: 0x4", ParseError::ContentLength),
        ("Content-Length: ", ParseError::ContentLength),
        ("Content-Length: 18446744073709551616", ParseError::BodyTooLarge),
        ("Content-Length : 4", ParseError::FieldName),
        (" Content-Length: 4", ParseError::Folded),
        ("X: a\r\n\tb", ParseError::Folded),
        ("X: a\rb", ParseError::FieldValue),
        ("X: a\r\r\nY: b", ParseError::FieldValue),
        ("X: a\0b", ParseError::FieldValue),
        ("X: a\nContent-Length: 4", ParseError::LineEnd),
        ("Transfer-Encoding: identity", ParseError::TransferEncoding),
        ("Transfer-Encoding: gzip, chunked", ParseError::TransferEncoding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", ParseError::TransferEncoding),
        ("Transfer-Encoding: xchunked", ParseError::TransferEncoding),
        ("Transfer-Encoding: \x0bchunked", ParseError::FieldValue),
        ("Host: b", ParseError::Host),
        ("no colon", ParseError::FieldName),
    ] {
        refused(&post(fields), error);
    }
    refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", ParseError::OldTransferEncoding);
    refused("GET / HTTP/1.1\r\n\r\n", ParseError::Host);
    assert_eq!(whole(b"GET / HTTP/1.0\r\n\r\n").1, None, "HTTP/1.0 needs no host");
}

#[test]
fn first_lines() {
    for line in [
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET /",
        "G(T / HTTP/1.1",
        "GET /a b HTTP/1.1",
        "GET /\u{e9} HTTP/1.1",
        " GET / HTTP/1.1",
        "GET / http/1.1",
    ] {
        refused(&format!("{line}\r\nHost: a\r\n\r\n"), ParseError::RequestLine);
    }
    refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", ParseError::Version);
    refused("GET / HTTP/1.1\nHost: a\n\n", ParseError::LineEnd);
    assert_eq!(whole(b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").0.len(), 1, "one empty line is forgiven");
    refused("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ParseError::RequestLine);
}

#[test]
fn chunk_sizes() {
    for chunk in ["", "g", "0x4", "+4", "-1", " 4", "4 ", "4 x", "4;\0", "00000000000000001", "4\n"] {
        let text = format!(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}\r\nWiki\r\n0\r\n\r\n"
        );
        let error = whole(text.as_bytes()).1;
        assert!(matches!(error, Some(ParseError::Chunk | ParseError::LineEnd)), "{chunk:?}: {error:?}");
    }
    // Data that does not end where its size says.
    refused(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nWiki\r\n0\r\n\r\n",
        ParseError::Chunk,
    );
    refused(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        ParseError::BodyTooLarge,
    );
}

#[test]
fn limits_hold_before_the_end_of_a_line() {
    let limits = Limits { line_bytes: 64, head_bytes: 200, fields: 3, body_bytes: 10 };
    let error = |bytes: &str| parse(&[bytes.as_bytes()], limits).1.map(ParseError::status);
    assert_eq!(error(&"x".repeat(65)), Some(414));
    assert_eq!(error(&format!("GET / HTTP/1.1\r\nA: {}", "x".repeat(64))), Some(431));
    assert_eq!(error(&format!("GET / HTTP/1.1\r\n{}", "A: b\r\n".repeat(4))), Some(431));
    let long = format!("A: {}\r\n", "x".repeat(55));
    assert_eq!(error(&format!("GET / HTTP/1.1\r\n{}", long.repeat(3))), None);
    assert_eq!(
        parse(
            &[format!("GET / HTTP/1.1\r\n{}Host: a{}\r\n", long.repeat(3), " ".repeat(40)).as_bytes()],
            Limits { fields: 9, ..limits }
        )
        .1
        .map(ParseError::status),
        Some(431)
    );
    assert_eq!(error("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"), Some(413));
    assert_eq!(
        error("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n2\r\n"),
        Some(413)
    );
}

/// Requests, some of which are broken: pieces of good and bad ones, in random order.
fn traffic(rng: &mut Rng) -> Vec<u8> {
    const PARTS: [&str; 22] = [
        "GET / HTTP/1.1\r\n",
        "POST /a HTTP/1.1\r\n",
        "Host: a\r\n",
        "Host: a\r\n",
        "Host: a\r\n",
        "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
        "X: y\r\n",
        "\r\n",
        "\r\n",
        "abc",
        "3\r\nabc\r\n",
        "0\r\n\r\n",
        "1;e\r\nx\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "\n",
        "\r",
        " ",
        "\0",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ];
    let mut bytes = Vec::new();
    for _ in 0..1 + rng.index(9) {
        // Mostly whole requests, so that there is something behind which one breaks.
        let part = if rng.chance(0.4) { 14 + rng.index(3) } else { rng.index(PARTS.len()) };
        bytes.extend_from_slice(PARTS[part].as_bytes());
        if rng.chance(0.05) && !bytes.is_empty() {
            let place = rng.index(bytes.len());
            bytes[place] = rng.below(256) as u8;
        }
    }
    bytes
}

/// The seeded fuzz test: any cut gives the same requests and the same error, and nothing panics.
#[test]
fn any_cut_gives_the_same() {
    let mut rng = Rng::new(16);
    let limits = Limits { line_bytes: 60, head_bytes: 150, fields: 4, body_bytes: 20 };
    let (mut requests, mut errors) = (0, 0);
    for _ in 0..20_000 {
        let bytes = traffic(&mut rng);
        let expected = parse(&[&bytes], limits);
        let mut cut: Vec<&[u8]> = Vec::new();
        let mut rest = &bytes[..];
        let longest = 1 + rng.index(30);
        while !rest.is_empty() {
            let (piece, after) = rest.split_at((1 + rng.index(longest)).min(rest.len()));
            cut.push(piece);
            rest = after;
        }
        assert_eq!(parse(&cut, limits), expected, "{:?}", String::from_utf8_lossy(&bytes));
        requests += expected.0.len();
        errors += usize::from(expected.1.is_some());
    }
    assert!(requests > 5_000 && errors > 5_000, "{requests} requests, {errors} errors: the mix tests little");
}

/// `httparse` is more lenient, so what we take it takes, and with the same words.
#[test]
fn heads_are_those_of_httparse() {
    let mut rng = Rng::new(17);
    let mut compared = 0;
    for _ in 0..20_000 {
        let bytes = traffic(&mut rng);
        let (requests, _) = whole(&bytes);
        // It knows the minor versions 0 and 1 only; a server treats a later one as 1.
        let Some(own) = requests.first().filter(|own| own.minor_version < 2) else { continue };
        let mut fields = [httparse::EMPTY_HEADER; 32];
        let mut other = httparse::Request::new(&mut fields);
        let complete = other.parse(&bytes).expect("taken by both").is_complete();
        assert!(complete);
        assert_eq!(other.method, Some(own.method.as_str()));
        assert_eq!(other.path, Some(own.target.as_str()));
        assert_eq!(other.version, Some(own.minor_version));
        // What is not UTF-8 is Latin-1.
        let text = |value: &[u8]| {
            let latin = || value.iter().copied().map(char::from).collect();
            std::str::from_utf8(value).map_or_else(|_| latin(), str::to_owned)
        };
        let theirs: Vec<_> = other.headers.iter().map(|field| (field.name, text(field.value))).collect();
        assert!(own.fields.iter().eq(theirs.iter().map(|(name, value)| (*name, value.as_str()))));
        compared += 1;
    }
    assert!(compared > 5_000, "{compared}");
}

proptest! {
    #[test]
    fn a_chunked_body_comes_back(body in proptest::collection::vec(any::<u8>(), 0..300), size in 1usize..50, cut in 1usize..40) {
        let coded = encode_chunked(&body, size);
        let mut reader = ChunkedReader::new(300);
        for piece in coded.chunks(cut) {
            prop_assert_eq!(reader.feed(piece), Ok(piece.len()));
        }
        prop_assert!(reader.is_done());
        prop_assert_eq!(reader.body(), &body[..]);
    }

    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = whole(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = (date::parse(&text), ETag::parse(&text), Accept::parse(&text), best_encoding(Some(&text), &["gzip"]));
    }
}
