use check::net::udp_datagram::*;
use std::net::Ipv4Addr;

/// The ports and the data of a UDP datagram between two IPv4 addresses.
fn read_datagram(source: Ipv4Addr, destination: Ipv4Addr, bytes: &[u8]) -> Result<Datagram, Refusal> {
    if bytes.len() < 8 {
        return Err(Refusal::Truncated);
    }
    let number = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let length = usize::from(number(4));
    if length < 8 {
        return Err(Refusal::Length);
    }
    if length > bytes.len() {
        return Err(Refusal::Truncated);
    }
    let datagram = &bytes[..length];
    let mut words = [source.octets(), destination.octets()].concat();
    words.extend([0, 17, bytes[4], bytes[5]]);
    words.extend(datagram);
    if number(6) != 0 && sum(&words) != 0xffff {
        return Err(Refusal::Checksum);
    }
    Ok(Datagram { source_port: number(0), destination_port: number(2), data: datagram[8..].to_vec() })
}

/// The one's complement sum of all words; a zero follows a last odd byte.
fn sum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = 0;
    for pair in bytes.chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}
