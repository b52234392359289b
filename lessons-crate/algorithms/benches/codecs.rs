//! What reading a message costs: nanoseconds for each of our decoders, and for the crate that people use.
//!
//! Ours keep what is unknown, know their types only at run time, or say where something is wrong; theirs were made fast.
//! Each figure is the best of several runs.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::io::{Cursor, Read, Write};
use std::time::Instant;

use lessons::table::{Table, fixed};
use lessons::{dns, graphql, protobuf, websocket};
use prost::Message as _;
use tungstenite::protocol::{Role, WebSocket};

const RUNS: usize = 9;

/// The best time of one call, in nanoseconds.
fn best(mut call: impl FnMut()) -> f64 {
    let calls = 2_000;
    let run = || {
        let start = Instant::now();
        (0..calls).for_each(|_| call());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
    };
    std::iter::repeat_with(run).take(RUNS).fold(f64::INFINITY, f64::min)
}

#[derive(Clone, PartialEq, prost::Message)]
struct Quote {
    #[prost(string, tag = "1")]
    symbol: String,
    #[prost(int64, tag = "2")]
    price_micros: i64,
    #[prost(uint32, tag = "3")]
    size: u32,
    #[prost(int64, tag = "4")]
    ts_us: i64,
}

const QUOTE: &str = "syntax = \"proto3\"; message Quote {
    string symbol = 1; int64 price_micros = 2; uint32 size = 3; int64 ts_us = 4; }";

/// A connection on which some bytes came.
struct Came(Cursor<Vec<u8>>);

impl Read for Came {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Came {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn quotes() -> (f64, f64) {
    let schema = protobuf::parse_proto(QUOTE).expect("a schema");
    let quote =
        Quote { symbol: "ACME".into(), price_micros: 123_450_000, size: 100, ts_us: 1_700_000_000_000_000 };
    let bytes = quote.encode_to_vec();
    let ours = best(|| drop(black_box(protobuf::decode(&bytes, "Quote", &schema))));
    (ours, best(|| drop(black_box(Quote::decode(bytes.as_slice())))))
}

/// A hundred frames of 200 bytes from a client.
fn frames() -> (f64, f64) {
    let frame = websocket::Frame::whole(websocket::Opcode::Text, "x".repeat(200));
    let bytes = frame.encode(Some([1, 2, 3, 4])).repeat(100);
    let ours = best(|| {
        let mut assembler = websocket::Assembler::new(websocket::Role::Server, 1 << 20);
        assembler.push(&bytes);
        while let Ok(Some(message)) = assembler.next_message() {
            black_box(message);
        }
    });
    let theirs = best(|| {
        let mut socket = WebSocket::from_raw_socket(Came(Cursor::new(bytes.clone())), Role::Server, None);
        while let Ok(message) = socket.read() {
            black_box(message);
        }
    });
    (ours / 100.0, theirs / 100.0)
}

fn answers() -> (f64, f64) {
    let zone = dns::parse_zone(
        "$ORIGIN shop.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\nwww CNAME web\nweb A 192.0.2.1\nweb A 192.0.2.2\n",
        None,
    )
    .expect("a zone");
    let name = "www.shop.test".parse().expect("a name");
    let bytes = zone.answer(&dns::Message::query(1, name, dns::RecordType::A)).encode();
    let ours = best(|| drop(black_box(dns::Message::decode(&bytes))));
    (ours, best(|| drop(black_box(hickory_proto::op::Message::from_vec(&bytes)))))
}

fn queries() -> (f64, f64) {
    let text = "query Q($id: ID!) { user(id: $id) { ...F friends(first: 20) { name orders { id total } } } }
        fragment F on User { id name mail }";
    let ours = best(|| drop(black_box(graphql::parse(text))));
    (ours, best(|| drop(black_box(async_graphql_parser::parse_query(text)))))
}

fn main() {
    let rows = [
        ("a quote of 22 bytes", "prost", quotes()),
        ("a WebSocket frame of 200 bytes", "tungstenite", frames()),
        ("a DNS answer of three records", "hickory-proto", answers()),
        ("a GraphQL query of 150 letters", "async-graphql-parser", queries()),
    ];
    let table =
        Table::new(["message", "ours", "crate", "its time", "ours / its"]).caption("Nanoseconds to read one");
    let rows = rows.map(|(what, name, (ours, theirs))| {
        [what.to_owned(), fixed(ours, 0), name.to_owned(), fixed(theirs, 0), fixed(ours / theirs, 2)]
    });
    println!("{}", rows.into_iter().fold(table, Table::row));
}
