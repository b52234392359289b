//! Checks integers of variable length, and zigzag.

use algorithms::protobuf::wire;
pub use algorithms::protobuf::wire::VarintError;
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

type Put = fn(u64, &mut Vec<u8>);
/// Reads an integer.
pub type Get = fn(&[u8]) -> Result<(u64, usize), VarintError>;
/// The four functions.
type Answer = (Put, Get, fn(i64) -> u64, fn(u64) -> i64);
planted!("protobuf/varint");

/// One call of one of them.
#[derive(Clone, Debug)]
enum Call {
    Put(u64),
    Get(Vec<u8>),
    Zigzag(i64),
    Unzigzag(u64),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
enum Came {
    Bytes(Vec<u8>),
    Read(Result<(u64, usize), VarintError>),
    Unsigned(u64),
    Signed(i64),
}

const RIGHT: Answer = (wire::put_varint, wire::get_varint, wire::zigzag, wire::unzigzag);

fn ask((put, get, zigzag, unzigzag): Answer, call: &Call) -> Came {
    match call {
        Call::Put(value) => {
            // There may be something already: it is to be kept.
            let mut out = vec![0xaa];
            put(*value, &mut out);
            Came::Bytes(out)
        }
        Call::Get(bytes) => Came::Read(get(bytes)),
        Call::Zigzag(value) => Came::Unsigned(zigzag(*value)),
        Call::Unzigzag(value) => Came::Signed(unzigzag(*value)),
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("[{}]", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "))
}

const QUESTION: Question<Answer, Call, Came> = Question {
    ask,
    right: |call| ask(RIGHT, call),
    accepts: None,
    same: |one, other| one == other,
    input: |call| match call {
        Call::Put(value) => format!("put_varint({value}, &mut out) with out = [aa]"),
        Call::Get(bytes) => format!("get_varint(&{})", hex(bytes)),
        Call::Zigzag(value) => format!("zigzag({value})"),
        Call::Unzigzag(value) => format!("unzigzag({value})"),
    },
    output: |came| match came {
        Came::Bytes(bytes) => format!("out = {}", hex(bytes)),
        Came::Read(read) => format!("{read:?}"),
        Came::Unsigned(value) => value.to_string(),
        Came::Signed(value) => value.to_string(),
    },
};

/// Checks the four functions of the wire's integers.
pub fn varint(
    put_varint: fn(u64, &mut Vec<u8>),
    get_varint: Get,
    zigzag: fn(i64) -> u64,
    unzigzag: fn(u64) -> i64,
) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, (put_varint, get_varint, zigzag, unzigzag), MISTAKES)
        .visible("integers are written seven bits a byte", || {
            [0, 1, 127, 128, 150, 300, 16_383, 16_384, u64::MAX].map(Call::Put).to_vec()
        })
        .visible("what was written is read again, whatever follows", || {
            let values = [0, 1, 127, 128, 150, 300, 1 << 35, 1 << 63, u64::MAX];
            values.map(|value| Call::Get([written(value), vec![0x85, 7]].concat())).to_vec()
        })
        .visible("bytes that end too early need more", || {
            gets(&[&[], &[0x80], &[0x96], &[0x80; 5], &[0xff; 9]])
        })
        .visible("small numbers stay small, whatever their sign", || {
            let signed = [0, -1, 1, -2, 2, -64, 63].map(Call::Zigzag);
            let unsigned = [0, 1, 2, 3, 4, 127, 128].map(Call::Unzigzag);
            [signed, unsigned].concat()
        })
        .hidden("more than 64 bits are an overflow", || {
            let ten = |last: u8| [[0x80; 9].as_slice(), &[last]].concat();
            let long: [&[u8]; 8] =
                [&ten(1), &ten(2), &ten(0x7f), &ten(0x80), &ten(0x81), &[0xff; 10], &[0x80; 11], &[0xff; 12]];
            gets(&long)
        })
        .hidden("an integer may be longer than it needs to be", || {
            gets(&[&[0x80, 0], &[0x81, 0x80, 0], &[0xff, 0x80, 0x80, 0x80, 0]])
        })
        .hidden("zigzag at the edges of 32 and 64 bits", || {
            let edges =
                [i64::MIN, i64::MAX, -1 << 31, (1 << 31) - 1, 1 << 31, -(1 << 31) - 1, 1 << 40, -(1 << 40)];
            let codes = [u64::MAX, u64::MAX - 1, u32::MAX.into(), 1 << 32, (1 << 33) + 1];
            edges.map(Call::Zigzag).into_iter().chain(codes.map(Call::Unzigzag)).collect()
        })
        .hidden("2,000 random calls", random)
        .finish()
}

fn written(value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    wire::put_varint(value, &mut bytes);
    bytes
}

fn gets(all: &[&[u8]]) -> Vec<Call> {
    all.iter().map(|bytes| Call::Get(bytes.to_vec())).collect()
}

fn random() -> Vec<Call> {
    let mut rng = Rng::new(17);
    (0..2_000)
        .map(|round| {
            let value = rng.next_u64() >> rng.below(64);
            match round % 4 {
                0 => Call::Put(value),
                1 => Call::Get(written(value)),
                2 => Call::Zigzag(if rng.chance(0.5) { value as i64 } else { !value as i64 }),
                _ => Call::Unzigzag(value),
            }
        })
        .collect()
}
