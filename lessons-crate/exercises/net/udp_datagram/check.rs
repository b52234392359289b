//! Checks the reader of a UDP datagram.

use std::net::Ipv4Addr;

use algorithms::net::{UdpHeader, transport_checksum};
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

/// What a datagram says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Who sent it.
    pub source_port: u16,
    /// To whom.
    pub destination_port: u16,
    /// What is in it.
    pub data: Vec<u8>,
}

/// Why bytes are no datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Fewer bytes than a header, or than the length says.
    Truncated,
    /// A length below that of the header.
    Length,
    /// Something was changed on the way.
    Checksum,
}

/// Addresses and bytes in, a datagram out.
type Answer = fn(Ipv4Addr, Ipv4Addr, &[u8]) -> Result<Datagram, Refusal>;
planted!("net/udp_datagram");

/// Source, destination, bytes.
type Input = (Ipv4Addr, Ipv4Addr, Vec<u8>);

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 53);

const QUESTION: Question<Answer, Input, Result<Datagram, Refusal>> = Question {
    ask: |answer, (source, destination, bytes)| answer(*source, *destination, bytes),
    right: |(source, destination, bytes)| {
        let number = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        if bytes.len() >= 8 && number(4) < 8 {
            return Err(Refusal::Length);
        }
        let (header, data) = UdpHeader::decode(bytes).map_err(|_| Refusal::Truncated)?;
        let sum = transport_checksum((*source).into(), (*destination).into(), 17, &bytes[..header.length]);
        if header.checksum != 0 && sum != 0 {
            return Err(Refusal::Checksum);
        }
        let UdpHeader { source_port, destination_port, .. } = header;
        Ok(Datagram { source_port, destination_port, data: data.to_vec() })
    },
    accepts: None,
    same: |one, other| one == other,
    input: |(source, destination, bytes)| {
        let shown: Vec<String> = bytes.iter().take(24).map(|byte| format!("{byte:02x}")).collect();
        let more = if bytes.len() > 24 { format!(" ... ({} bytes)", bytes.len()) } else { String::new() };
        format!("from {source} to {destination}: {}{more}", shown.join(" "))
    },
    output: |answer| match answer {
        Ok(Datagram { source_port, destination_port, data }) if data.len() > 24 => {
            format!("port {source_port} to {destination_port}, {} bytes", data.len())
        }
        Ok(Datagram { source_port, destination_port, data }) => {
            format!("port {source_port} to {destination_port}, data {data:?}")
        }
        Err(refusal) => format!("{refusal:?}"),
    },
};

/// Checks a learner's reader of datagrams.
pub fn udp_datagram(answer: Answer) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, answer, MISTAKES)
        .visible("ports and data are read", || {
            [&b""[..], b"ab", b"hello!"].map(|data| (CLIENT, SERVER, datagram(40_353, 53, data))).to_vec()
        })
        .visible("too few bytes, or a length that cannot be, are refused", || {
            let whole = datagram(40_353, 53, b"hello!");
            let cut = |count: usize| (CLIENT, SERVER, whole[..count].to_vec());
            let length = |length: u8| {
                let mut bytes = whole.clone();
                // Without a checksum, so that nothing but the length is wrong.
                bytes[4..8].copy_from_slice(&[0, length, 0, 0]);
                (CLIENT, SERVER, bytes)
            };
            vec![cut(0), cut(7), cut(8), cut(13), length(0), length(7), length(15)]
        })
        .visible("a wrong checksum is refused, and 0 is none", || {
            let mut damaged = datagram(40_353, 53, b"hello!");
            damaged[9] ^= 0x40;
            let mut unsummed = datagram(40_353, 53, b"hello!");
            (unsummed[6], unsummed[7]) = (0, 0);
            vec![(CLIENT, SERVER, damaged), (CLIENT, SERVER, unsummed)]
        })
        .visible("an odd number of bytes is summed with a zero behind", || {
            [&b"a"[..], b"abc", b"hello"].map(|data| (CLIENT, SERVER, datagram(40_353, 53, data))).to_vec()
        })
        .hidden("padding behind the length does not count", || {
            let padded = |data: &[u8]| [datagram(1, 2, data), b"PADDING".to_vec()].concat();
            [&b""[..], b"ab", b"abc"].map(|data| (CLIENT, SERVER, padded(data))).to_vec()
        })
        .hidden("a datagram for somebody else is refused", || {
            let bytes = datagram(40_353, 53, b"hello!");
            vec![(CLIENT, Ipv4Addr::new(192, 0, 2, 54), bytes.clone()), (SERVER, SERVER, bytes)]
        })
        .hidden("large sums and 2,000 random datagrams, some of them damaged", random)
        .finish()
}

/// A datagram with its right checksum.
fn datagram(source: u16, destination: u16, data: &[u8]) -> Vec<u8> {
    let length = 8 + data.len() as u16;
    let mut bytes: Vec<u8> =
        [source, destination, length, 0].into_iter().flat_map(u16::to_be_bytes).collect();
    bytes.extend(data);
    // A sum of 0 is sent as 0xffff, which is the other zero (RFC 768).
    let sum = match transport_checksum(CLIENT.into(), SERVER.into(), 17, &bytes) {
        0 => 0xffff,
        sum => sum,
    };
    bytes[6..8].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(768);
    let mut inputs = vec![(CLIENT, SERVER, datagram(65_535, 65_535, &[0xff; 60_000]))];
    inputs.extend((0..2_000).map(|_| {
        let data: Vec<u8> = (0..rng.index(60)).map(|_| rng.next_u64() as u8).collect();
        let mut bytes = datagram(rng.next_u64() as u16, rng.next_u64() as u16, &data);
        if rng.chance(0.3) {
            let at = rng.index(bytes.len());
            bytes[at] ^= 1 << rng.below(8);
        }
        if rng.chance(0.1) {
            bytes.truncate(rng.index(bytes.len() + 1));
        }
        (CLIENT, SERVER, bytes)
    }));
    inputs
}
