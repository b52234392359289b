//! A capture: a name looked up, a page fetched over HTTP with one segment lost, and the start of the same over TLS.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::net::{Capture, Frame, Ipv4Header, transport_checksum};

/// The file's name.
pub(super) const FILE: &str = "net/handshake.pcap";

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const RESOLVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 53);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 80);
/// Flags of a TCP header.
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;
/// Options of a SYN: 1,460 bytes, selective acknowledgments, a scale of 7.
const SYN_OPTIONS: [u8; 12] = [2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7, 1, 1];
/// The first numbers of client and server on the two connections.
const FIRST: [(u32, u32); 2] = [(1_000, 5_000), (20_000, 70_000)];

/// The 24 frames of the made-up capture. Round trips take 40 ms; the second segment of the page is lost and repeated.
pub fn make_handshake() -> Capture {
    let mut tape = Tape { frames: Vec::new() };
    lookup(&mut tape);
    page(&mut tape);
    encrypted(&mut tape);
    Capture::of(tape.frames)
}

struct Tape {
    frames: Vec<Frame>,
}

/// A segment of one of the two connections; the server sends when `down` is set.
#[derive(Clone, Default)]
struct Said {
    connection: usize,
    down: bool,
    flags: u8,
    /// Bytes since the SYN that the sender has sent, and that it has received.
    sent: u32,
    got: u32,
    options: Vec<u8>,
    data: Vec<u8>,
}

impl Tape {
    fn packet(&mut self, ms: u64, from: Ipv4Addr, to: Ipv4Addr, protocol: u8, segment: &[u8]) {
        let mac = |address: Ipv4Addr| [2, 0, 0, 0, 0, address.octets()[3]];
        let mut bytes = [mac(to), mac(from)].concat();
        bytes.extend([0x08, 0x00]);
        bytes.extend(Ipv4Header::encode(from, to, protocol, 64, segment));
        self.frames.push(Frame { time: Duration::from_millis(ms), length: bytes.len(), bytes });
    }

    fn tcp(&mut self, ms: u64, said: &Said) {
        let (client, server) = FIRST[said.connection];
        let (from, to) = if said.down { (SERVER, CLIENT) } else { (CLIENT, SERVER) };
        let ports = [[51_000, 80], [51_001, 443]][said.connection];
        let (near, far) = if said.down { (ports[1], ports[0]) } else { (ports[0], ports[1]) };
        let (own, other) = if said.down { (server, client) } else { (client, server) };
        let mut segment = Vec::new();
        segment.extend([near, far].into_iter().flat_map(u16::to_be_bytes));
        segment.extend((own + said.sent).to_be_bytes());
        let acknowledges = if said.flags & ACK == 0 { 0 } else { other + said.got };
        segment.extend(acknowledges.to_be_bytes());
        segment.extend([((20 + said.options.len()) as u8) << 2, said.flags]);
        segment.extend(if said.flags & SYN == 0 { 501u16 } else { 64_240 }.to_be_bytes());
        segment.extend([0; 4]);
        segment.extend(&said.options);
        segment.extend(&said.data);
        let sum = transport_checksum(from.into(), to.into(), 6, &segment);
        segment[16..18].copy_from_slice(&sum.to_be_bytes());
        self.packet(ms, from, to, 6, &segment);
    }

    /// The three segments that open a connection.
    fn open(&mut self, ms: u64, connection: usize) {
        let options = SYN_OPTIONS.to_vec();
        let said = Said { connection, ..Said::default() };
        self.tcp(ms, &Said { flags: SYN, options: options.clone(), ..said.clone() });
        self.tcp(ms + 40, &Said { down: true, flags: SYN | ACK, got: 1, options, ..said.clone() });
        self.tcp(ms + 40, &Said { flags: ACK, sent: 1, got: 1, ..said });
    }

    fn udp(&mut self, ms: u64, down: bool, data: &[u8]) {
        let (from, to) = if down { (RESOLVER, CLIENT) } else { (CLIENT, RESOLVER) };
        let ports: [u16; 2] = if down { [53, 40_353] } else { [40_353, 53] };
        let mut datagram: Vec<u8> = ports.into_iter().flat_map(u16::to_be_bytes).collect();
        datagram.extend((8 + data.len() as u16).to_be_bytes());
        datagram.extend([0, 0]);
        datagram.extend(data);
        let sum = transport_checksum(from.into(), to.into(), 17, &datagram);
        datagram[6..8].copy_from_slice(&sum.to_be_bytes());
        self.packet(ms, from, to, 17, &datagram);
    }
}

/// Frames 1 and 2: the address of shop.example, asked for and answered (RFC 1035).
fn lookup(tape: &mut Tape) {
    let name = b"\x04shop\x07example\x00\x00\x01\x00\x01";
    let question = [&b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"[..], name].concat();
    let mut answer = [&b"\x00\x07\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"[..], name].concat();
    answer.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04");
    answer.extend(SERVER.octets());
    tape.udp(0, false, &question);
    tape.udp(4, true, &answer);
}

/// Frames 3 to 17: a page of three segments over HTTP, of which the second is lost once.
fn page(tape: &mut Tape) {
    tape.open(4, 0);
    let request =
        b"GET /cart?item=17 HTTP/1.1\r\nHost: shop.example\r\nCookie: session=s3cr3t\r\n\r\n".to_vec();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n";
    let body: String = "<p>One item in your cart.</p>\n".chars().cycle().take(1_000).collect();
    let page = format!("{head}{body}").into_bytes();
    let (asked, size) = (1 + request.len() as u32, page.len() as u32);
    let part = |number: usize| {
        let data = page.chunks(360).nth(number).expect("a part of the page").to_vec();
        let flags = if number == 2 { PSH | ACK } else { ACK };
        Said { down: true, flags, sent: 1 + 360 * number as u32, got: asked, data, ..Said::default() }
    };
    let client = Said { flags: ACK, sent: asked, ..Said::default() };
    tape.tcp(44, &Said { flags: PSH | ACK, sent: 1, got: 1, data: request, ..Said::default() });
    tape.tcp(84, &Said { down: true, flags: ACK, sent: 1, got: asked, ..Said::default() });
    tape.tcp(86, &part(0));
    tape.tcp(86, &Said { got: 361, ..client.clone() });
    // The part from 361 to 720 never comes; what follows is acknowledged apart.
    tape.tcp(86, &part(2));
    let block = [FIRST[0].1 + 721, FIRST[0].1 + 1 + size].map(u32::to_be_bytes).concat();
    let options = [&[1, 1, 5, 10][..], &block].concat();
    tape.tcp(86, &Said { got: 361, options, ..client.clone() });
    tape.tcp(326, &part(1));
    tape.tcp(326, &Said { got: 1 + size, ..client.clone() });
    tape.tcp(327, &Said { down: true, flags: FIN | ACK, sent: 1 + size, got: asked, ..Said::default() });
    tape.tcp(327, &Said { got: 2 + size, ..client.clone() });
    tape.tcp(330, &Said { flags: FIN | ACK, got: 2 + size, ..client });
    tape.tcp(370, &Said { down: true, flags: ACK, sent: 2 + size, got: asked + 1, ..Said::default() });
}

/// Frames 18 to 24: the same shop over TLS: a ClientHello, and then only sizes.
fn encrypted(tape: &mut Tape) {
    tape.open(400, 1);
    let hello = client_hello();
    let asked = 1 + hello.len() as u32;
    // Records of encrypted application data (23) look like any bytes.
    let record = |length: u8, salt: u8| {
        let noise = (0..length).map(|at| at.wrapping_mul(167).wrapping_add(salt) ^ (at >> 3));
        [23, 3, 3, 0, length].into_iter().chain(noise).collect::<Vec<u8>>()
    };
    let said = Said { connection: 1, flags: PSH | ACK, ..Said::default() };
    tape.tcp(440, &Said { sent: 1, got: 1, data: hello, ..said.clone() });
    tape.tcp(480, &Said { down: true, sent: 1, got: asked, data: record(200, 11), ..said.clone() });
    tape.tcp(482, &Said { sent: asked, got: 206, data: record(90, 77), ..said.clone() });
    tape.tcp(483, &Said { flags: RST, sent: asked + 95, ..said });
}

/// A ClientHello of TLS 1.3 with the name of the server in clear (RFC 8446, section 4.1.2; RFC 6066, section 3).
fn client_hello() -> Vec<u8> {
    let name = b"shop.example";
    let sized = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat();
    let server_name = [&[0, 0][..], &sized(&sized(&[&[0][..], &sized(name)].concat()))].concat();
    let versions = [0, 43, 0, 3, 2, 3, 4];
    let mut body = vec![3, 3];
    body.extend((0..32u8).map(|at| at.wrapping_mul(31) ^ 0x5a));
    body.extend([0, 0, 2, 0x13, 0x01, 1, 0]);
    body.extend(sized(&[&server_name[..], &versions].concat()));
    let message = [&[1, 0][..], &sized(&body)].concat();
    [&[22, 3, 1][..], &sized(&message)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Packet, Transport};

    #[test]
    fn every_frame_is_a_packet_with_right_checksums() {
        let capture = make_handshake();
        assert_eq!(capture.frames.len(), 24);
        let packets: Vec<Packet> = capture
            .frames
            .iter()
            .map(|frame| Packet::decode_ethernet(&frame.bytes).expect("a packet"))
            .collect();
        assert!(packets.iter().all(|packet| packet.checksum_ok == Some(true)));
        let tcp = |packet: &&Packet| matches!(&packet.transport, Transport::Tcp(tcp) if tcp.flags.syn);
        assert_eq!(packets.iter().filter(tcp).count(), 4);
        // What the lesson shows: the cookie can be read in one, the name of the server in the other, and twice in DNS.
        let seen = |text: &str| packets.iter().filter(|packet| packet.text().contains(text)).count();
        assert_eq!((seen("s3cr3t"), seen("Host: shop.example"), seen("shop.example")), (1, 1, 4));
        assert!(capture.frames.is_sorted_by_key(|frame| frame.time));
    }
}
