//! What parsing a request costs: nanoseconds per request, for our parser and for the `httparse` crate.
//!
//! The two do not do the same work. `httparse` looks at the head only and borrows names and values from its input;
//! ours copies them, decides where the body ends, refuses what smuggles, and can be fed in pieces. Each figure is the
//! best of several runs.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::time::Instant;

use lessons::http::{Limits, RequestParser};
use lessons::table::{Table, fixed};

const REQUESTS: usize = 20_000;
const RUNS: usize = 7;

/// The best time of one request, in nanoseconds.
fn best(mut parse: impl FnMut()) -> f64 {
    let run = || {
        let start = Instant::now();
        (0..REQUESTS).for_each(|_| parse());
        start.elapsed().as_secs_f64() * 1e9 / REQUESTS as f64
    };
    std::iter::repeat_with(run).take(RUNS).fold(f64::INFINITY, f64::min)
}

fn ours(bytes: &[u8], piece: usize) {
    let mut parser = RequestParser::new(Limits::default());
    for piece in bytes.chunks(piece) {
        parser.feed(piece).expect("it is a request");
    }
    black_box(parser.next_request().expect("it is complete"));
}

fn theirs(bytes: &[u8]) {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut fields);
    black_box(request.parse(bytes).expect("it is a request"));
}

fn main() {
    let browser: String = (0..12).map(|n| format!("X-Field-{n}: a value of usual length, {n}\r\n")).collect();
    let short = "GET /todos/1 HTTP/1.1\r\nHost: localhost:3000\r\nAccept: */*\r\n\r\n".to_owned();
    let long = format!("GET /todos/1 HTTP/1.1\r\nHost: localhost:3000\r\n{browser}\r\n");
    let table =
        Table::new(["request", "bytes", "ours", "ours, in pieces of 16 bytes", "httparse, head only"]);
    let table = [("2 fields", short), ("13 fields", long)].into_iter().fold(table, |table, (name, text)| {
        let bytes = text.as_bytes();
        let times = [best(|| ours(bytes, bytes.len())), best(|| ours(bytes, 16)), best(|| theirs(bytes))];
        let cells = times.map(|time| fixed(time, 0));
        table.row([name.to_owned(), bytes.len().to_string()].into_iter().chain(cells))
    });
    println!("{}", table.caption("Nanoseconds per request"));
}
