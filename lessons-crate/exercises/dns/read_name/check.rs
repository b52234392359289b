//! Checks a reader of compressed names.

use algorithms::dns::{self, DnsError};
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

/// Why there is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// The message ends within the name.
    Truncated,
    /// The first two bits of a length are 01 or 10.
    LabelType,
    /// More than 255 bytes, with the length of each label and the 0 at the end.
    TooLong,
    /// A pointer that does not lead back.
    Pointer,
}

/// The labels and the next place.
pub type Found = Result<(Vec<Vec<u8>>, usize), NameError>;
/// A message and a place in it in, labels and the next place out.
pub type Answer = fn(&[u8], usize) -> Found;
planted!("dns/read_name");

/// A message, and where the name begins.
type Input = (Vec<u8>, usize);

const QUESTION: Question<Answer, Input, Found> = Question {
    ask: |answer, (message, start)| answer(message, *start),
    right,
    // Who follows a circle until the name is too long has stopped as well.
    accepts: Some(|input, found| {
        let right = right(input);
        *found == right || (right == Err(NameError::Pointer) && *found == Err(NameError::TooLong))
    }),
    same: |one, other| one == other,
    input: |(message, start)| {
        let bytes = &message[..message.len().min(24)];
        let dots = if bytes.len() < message.len() { "..." } else { "" };
        format!("read_name(b\"{}{dots}\", {start})", bytes.escape_ascii())
    },
    output: |found| match found {
        Ok((labels, next)) => {
            let labels: Vec<String> =
                labels.iter().take(9).map(|label| format!("\"{}\"", label.escape_ascii())).collect();
            format!("Ok(([{}], {next}))", labels.join(", "))
        }
        Err(error) => format!("Err({error:?})"),
    },
};

fn right((message, start): &Input) -> Found {
    match dns::read_name(message, *start) {
        Ok((name, next)) => Ok((name.labels().map(<[u8]>::to_vec).collect(), next)),
        Err(DnsError::Truncated) => Err(NameError::Truncated),
        Err(DnsError::LabelType(_)) => Err(NameError::LabelType),
        Err(DnsError::Pointer { .. }) => Err(NameError::Pointer),
        Err(_) => Err(NameError::TooLong),
    }
}

/// Checks a function that reads the name at a place of a DNS message.
pub fn read_name(read_name: Answer) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, read_name, MISTAKES)
        .visible("names without pointers, and the root", || {
            inputs(&[(b"\x03www\x04test\x00", 0), (b"xx\x03www\x00yy", 2), (b"\x00", 0), (b"ab\x00c", 2)])
        })
        .visible("a pointer to what came before: the next field is behind the pointer", || {
            let message = b"\x01F\x03ISI\x04ARPA\x00\x03FOO\xc0\x00\xc0\x02\x00";
            [12, 18, 0, 20].map(|start| (message.to_vec(), start)).to_vec()
        })
        .visible("pointers that do not lead back are refused", || {
            inputs(&[
                (b"\xc0\x00", 0),
                (b"\xc0\x02\xc0\x00", 0),
                (b"\xc0\x02\xc0\x00", 2),
                (b"\xc0\x02\x01a\x00", 0),
            ])
        })
        .hidden("a pointer to a pointer: only the first one counts for the next field", || {
            let mut far = b"\x03far\x00".to_vec();
            far.resize(300, 0);
            // To 256 and more: both bytes of the pointer count.
            far.splice(256..261, *b"\x04away");
            far.extend(b"\xc1\x00");
            let chain = b"\x01c\x00\x01b\xc0\x00\x01a\xc0\x03\x07\x07";
            vec![(chain.to_vec(), 7), (chain.to_vec(), 3), (far, 300)]
        })
        .hidden("a name that leads into itself is refused", || {
            inputs(&[(b"\x01a\xc0\x00", 0), (b"\x01a\xc0\x02", 0), (b"x\x01a\x01b\xc0\x03", 1)])
        })
        .hidden("lengths from 0x40 to 0xbf are refused", || {
            let with = |first: u8| (([&[first][..], &[b'a'; 200], &[0]]).concat(), 0);
            vec![with(0x3f), with(0x40), with(0x7f), with(0x80), with(0xbf)]
        })
        .hidden("255 bytes are allowed, 256 are not", || {
            let of = |lengths: &[u8]| {
                let label = |&length: &u8| [vec![length], vec![b'x'; length.into()]].concat();
                ([lengths.iter().flat_map(label).collect(), vec![0]].concat(), 0)
            };
            vec![
                of(&[63, 63, 63, 61]),
                of(&[63, 63, 63, 62]),
                of(&[63; 4]),
                of(&[63; 5]),
                of(&[1; 127]),
                of(&[1; 128]),
            ]
        })
        .hidden("a message that ends within the name", || {
            inputs(&[
                (b"", 0),
                (b"\x01", 0),
                (b"\x03ab", 0),
                (b"\x01a", 0),
                (b"\xc0", 0),
                (b"\x00\xc0", 1),
                (b"\x00", 9),
            ])
        })
        .hidden("10,000 random messages", random)
        .finish()
}

fn inputs(all: &[(&[u8], usize)]) -> Vec<Input> {
    all.iter().map(|(message, start)| (message.to_vec(), *start)).collect()
}

/// Bytes of which many are short labels and pointers.
fn random() -> Vec<Input> {
    let mut rng = Rng::new(53);
    (0..10_000)
        .map(|_| {
            let length = 1 + rng.index(24);
            let bytes = (0..length).map(|_| match rng.below(5) {
                0 => 0,
                1 => 0xc0,
                2 => 1 + rng.below(3) as u8,
                3 => rng.below(24) as u8,
                _ => rng.next_u64() as u8,
            });
            (bytes.collect::<Vec<u8>>(), rng.index(length))
        })
        .collect()
}
