//! Known packets, and any bytes.

use std::net::Ipv4Addr;

use super::*;
use crate::rng::Rng;

/// A SYN as a Linux client sends it, with its options; checksums are right.
const SYN: [u8; 60] = [
    0x45, 0x00, 0x00, 0x3c, 0x1c, 0x46, 0x40, 0x00, 0x40, 0x06, 0x9a, 0x1b, 192, 0, 2, 10, 192, 0, 2, 80,
    0xc7, 0x38, 0x00, 0x50, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02, 0xfa, 0xf0, 0xfd,
    0x3c, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00,
    0x00, 0x00, 0x01, 0x03, 0x03, 0x07,
];

#[test]
fn a_syn_is_read_with_its_options() {
    let packet = Packet::decode(&SYN).expect("a packet");
    assert_eq!(
        packet.to_string(),
        "192.0.2.10:51000 > 192.0.2.80:80 [SYN] seq 1000 win 64240 \
         <mss 1460, sackOK, TS 7 ecr 0, wscale 7>, 0 bytes"
    );
    let Network::V4(header) = &packet.network else { panic!("IPv4") };
    assert!(header.checksum_ok && header.dont_fragment);
    assert_eq!((header.time_to_live, packet.checksum_ok), (64, Some(true)));
}

#[test]
fn one_wrong_bit_shows_in_one_of_the_checksums() {
    for bit in 0..8 * SYN.len() {
        let mut damaged = SYN;
        damaged[bit / 8] ^= 1 << (bit % 8);
        let Ok(packet) = Packet::decode(&damaged) else { continue };
        let header_ok = match &packet.network {
            Network::V4(header) => header.checksum_ok,
            Network::V6(_) => true,
        };
        assert!(!header_ok || packet.checksum_ok != Some(true), "bit {bit}");
    }
}

#[test]
fn what_is_encoded_is_decoded() {
    let (from, to) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
    let header = IcmpHeader { kind: IcmpHeader::ECHO_REQUEST, code: 0, identifier: 7, sequence: 3 };
    let bytes = Ipv4Header::encode(from, to, ICMP, 9, &icmp(&header, b"hello"));
    // A link may add padding, which is not part of the packet.
    let packet = Packet::decode(&[&bytes[..], &[0; 6]].concat()).expect("a packet");
    assert_eq!((packet.text().as_str(), packet.checksum_ok), ("hello", Some(true)));
    assert_eq!(packet.transport, Transport::Icmp(header));
    let Network::V4(header) = packet.network else { panic!("IPv4") };
    assert!(header.checksum_ok);
    assert_eq!(header.time_to_live, 9);
}

#[test]
fn contradictions_are_named() {
    let changed = |at: usize, value: u8| {
        let mut bytes = SYN;
        bytes[at] = value;
        Packet::decode(&bytes).expect_err("a contradiction").to_string()
    };
    for (at, value, part) in [
        (0, 0x75, "the version is 7"),
        (0, 0x44, "the header's length is 16"),
        (0, 0x4f, "a TCP header"),
        (3, 10, "the total length is 10"),
        (2, 1, "an IPv4 packet needs 316 bytes, and 60 are left"),
        (32, 0x40, "the data offset is 16"),
        (32, 0xf0, "a TCP header with options needs 60 bytes, and 40 are left"),
        (41, 0, "the length of a TCP option is 0"),
        (41, 40, "a TCP option needs 40 bytes, and 20 are left"),
    ] {
        let said = changed(at, value);
        assert!(said.contains(part), "byte {at} = {value}: {said}");
    }
}

/// Any bytes, and packets with some bytes changed or cut off: the decoders answer, and never claim data that is not
/// there.
#[test]
fn no_bytes_make_a_decoder_panic() {
    let mut rng = Rng::new(35);
    let mut decoded = 0;
    for round in 0..60_000 {
        let mut bytes: Vec<u8> = if round % 2 == 0 {
            (0..rng.index(90)).map(|_| rng.next_u64() as u8).collect()
        } else {
            SYN.to_vec()
        };
        for _ in 0..rng.index(4) {
            if let Some(byte) = (!bytes.is_empty()).then(|| rng.index(bytes.len())) {
                bytes[byte] = rng.next_u64() as u8;
            }
        }
        if rng.chance(0.2) {
            bytes.truncate(rng.index(bytes.len() + 1));
        }
        // Each decoder alone sees the bytes as well.
        let _ = (TcpHeader::decode(&bytes), UdpHeader::decode(&bytes), Ipv6Header::decode(&bytes));
        let _ = Packet::decode_ethernet(&bytes);
        if let Ok(packet) = Packet::decode(&bytes) {
            assert!(packet.payload.len() <= bytes.len());
            let _ = (packet.to_string(), packet.text());
            decoded += 1;
        }
    }
    assert!(decoded > 5_000, "most inputs must reach the inner decoders: {decoded}");
}

/// Inputs that once looked dangerous: lengths at their ends, and lists that do not end.
#[test]
fn kept_inputs_are_refused_or_read() {
    let udp = |length: u8| {
        let datagram = [0, 53, 0, 53, 0, length, 0, 0];
        let bytes = Ipv4Header::encode([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), UDP, 1, &datagram);
        Packet::decode(&bytes).map(|packet| packet.payload.len())
    };
    assert_eq!(udp(8), Ok(0));
    assert!(udp(7).is_err() && udp(9).is_err());
    // An option's kind in the last byte, without a length.
    let mut bytes = SYN.to_vec();
    bytes[59] = 3;
    bytes[57] = 1;
    bytes[58] = 1;
    assert!(Packet::decode(&bytes).is_err());
    // A fragment in the middle has no TCP header.
    let mut bytes = SYN;
    bytes[7] = 1;
    let packet = Packet::decode(&bytes).expect("a packet");
    assert_eq!((packet.transport, packet.payload.len()), (Transport::Other(TCP), 40));
    assert!(Packet::decode_ethernet(&[0; 14]).is_err());
}
