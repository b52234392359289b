//! An internet on paper: hosts and routers that pass real packets on, answer `ping`, and can be traced.

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr};

use super::checksum::updated_checksum;
use super::cidr::{Cidr, CidrError};
use super::packet::{ICMP, IcmpHeader, Ipv4Header, Packet, Transport, icmp};
use super::routes::RouteTable;
use crate::table::{Table, fixed};

/// The time to live that Linux gives a packet.
const TIME_TO_LIVE: u8 = 64;
/// The most hops that `traceroute` tries.
const HOPS_MAX: u8 = 30;
/// Bytes of a packet that an ICMP error gives back: its header and 8 more (RFC 792).
const QUOTED: usize = 28;

/// What is wrong with an internet that somebody builds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InternetError {
    /// A name that no node has.
    #[error("there is no node `{name}`: there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// A next hop that is on no link of the node.
    #[error("`{node}` cannot send to {via}: a next hop must be on one of its own links ({links})")]
    NotANeighbor {
        /// Who would send.
        node: String,
        /// The next hop.
        via: Ipv4Addr,
        /// The addresses that it can reach directly.
        links: String,
    },
    /// What stands before `via` is no block of addresses.
    #[error(transparent)]
    Block(#[from] CidrError),
}

/// Hosts and routers in a row or any other shape, joined by links that take time.
///
/// Packets are bytes: every router checks the header, lowers the time to live, corrects the checksum by what changed,
/// and looks the destination up in its own table. What comes back is sent in the same way, by the tables of those who
/// answer.
///
/// # Complexity
///
/// O(hops) for a packet.
///
/// # Examples
///
/// ```
/// use lessons::net::Internet;
///
/// let internet = Internet::chain(&["a", "r1", "r2", "b"], 10.0);
/// let hops = internet.traceroute("a", "b")?;
/// assert_eq!(hops.len(), 3); // r1, r2 and b itself.
/// assert_eq!(internet.ping("a", "b")?, Some(60.0)); // Three links of 10 ms, there and back.
/// # Ok::<(), lessons::net::InternetError>(())
/// ```
///
/// # Sources
///
/// F. Baker (ed.), "Requirements for IP Version 4 Routers", RFC 1812, 1995; J. Postel, "Internet Control Message
/// Protocol", RFC 792, 1981. What a trace cannot see: B. Augustin et al., "Avoiding Traceroute Anomalies with Paris
/// Traceroute", IMC 2006, doi:10.1145/1177080.1177100.
#[derive(Clone, Debug, Default)]
pub struct Internet {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
struct Node {
    name: String,
    interfaces: Vec<Interface>,
    routes: RouteTable<Ipv4Addr>,
    /// Does not say when it drops a packet.
    silent: bool,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    address: Ipv4Addr,
    peer: usize,
    peer_address: Ipv4Addr,
    delay_ms: f64,
}

/// One line of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    /// Who answered; `None` when nobody did.
    pub address: Option<Ipv4Addr>,
    /// The time until the answer, in milliseconds.
    pub ms: Option<f64>,
}

/// What became of a packet.
struct Answer {
    packet: Packet,
    ms: f64,
}

impl Internet {
    /// Nodes in a row; the link between number i and the next has the block 10.15.i.0/24, from 1, the lower address on
    /// the left. Hosts at the ends send everything inwards; routers know all blocks. Each link takes `delay_ms`.
    ///
    /// # Panics
    ///
    /// When there are fewer than two nodes, or more than 200.
    pub fn chain(names: &[&str], delay_ms: f64) -> Self {
        assert!((2..=200).contains(&names.len()), "a chain has 2 to 200 nodes");
        let node = |name: &&str| Node {
            name: (*name).to_owned(),
            interfaces: Vec::new(),
            routes: RouteTable::new(),
            silent: false,
        };
        let mut internet = Self { nodes: names.iter().map(node).collect() };
        let last = names.len() - 1;
        for link in 0..last {
            let (left, right) = (Self::address(link, 1), Self::address(link, 2));
            let (near, far) = (link, link + 1);
            let interface = |address, peer, peer_address| Interface { address, peer, peer_address, delay_ms };
            internet.nodes[near].interfaces.push(interface(left, far, right));
            internet.nodes[far].interfaces.push(interface(right, near, left));
        }
        let all = Cidr::new(Ipv4Addr::UNSPECIFIED.into(), 0).expect("a block");
        internet.nodes[0].routes.insert(all, Self::address(0, 2));
        internet.nodes[last].routes.insert(all, Self::address(last - 1, 1));
        for at in 1..last {
            for link in (0..last).filter(|link| *link + 1 != at && *link != at) {
                let block = Cidr::new(Self::address(link, 0).into(), 24).expect("a block");
                let via = if link < at { Self::address(at - 1, 1) } else { Self::address(at, 2) };
                internet.nodes[at].routes.insert(block, via);
            }
        }
        internet
    }

    fn address(link: usize, host: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 15, link as u8 + 1, host)
    }

    /// Gives a node a route, as `ip route replace BLOCK via ADDRESS` does.
    ///
    /// # Errors
    ///
    /// When there is no such node, the block is none, or the next hop is on no link of the node.
    pub fn route(&mut self, node: &str, block: &str, via: Ipv4Addr) -> Result<(), InternetError> {
        let at = self.find(node)?;
        let block: Cidr = block.parse()?;
        let node = &mut self.nodes[at];
        if !node.interfaces.iter().any(|interface| interface.peer_address == via) {
            let links: Vec<String> =
                node.interfaces.iter().map(|interface| interface.peer_address.to_string()).collect();
            return Err(InternetError::NotANeighbor {
                node: node.name.clone(),
                via,
                links: links.join(", "),
            });
        }
        node.routes.insert(block, via);
        Ok(())
    }

    /// Takes a route away, as `ip route del BLOCK` does. Nothing happens when there is none.
    ///
    /// # Errors
    ///
    /// When there is no such node, or the block is none.
    pub fn unroute(&mut self, node: &str, block: &str) -> Result<(), InternetError> {
        let at = self.find(node)?;
        self.nodes[at].routes.remove(block.parse()?);
        Ok(())
    }

    /// Whether a node keeps silent about packets that it drops, as many firewalls are told to.
    ///
    /// # Errors
    ///
    /// When there is no such node.
    pub fn silence(&mut self, node: &str, silent: bool) -> Result<(), InternetError> {
        let at = self.find(node)?;
        self.nodes[at].silent = silent;
        Ok(())
    }

    /// The node that has an address.
    pub fn node_at(&self, address: Ipv4Addr) -> Option<&str> {
        let has = |node: &&Node| node.interfaces.iter().any(|interface| interface.address == address);
        self.nodes.iter().find(has).map(|node| node.name.as_str())
    }

    /// The milliseconds until an echo comes back; `None` when none does.
    ///
    /// # Errors
    ///
    /// When there is no such node.
    pub fn ping(&self, from: &str, to: &str) -> Result<Option<f64>, InternetError> {
        let (from, to) = (self.find(from)?, self.find(to)?);
        let answer = self.echo(from, self.nodes[to].interfaces[0].address, TIME_TO_LIVE);
        let reply = |answer: &Answer| matches!(&answer.packet.transport, Transport::Icmp(header) if header.kind == IcmpHeader::ECHO_REPLY);
        Ok(answer.filter(reply).map(|answer| answer.ms))
    }

    /// Who answers when a packet may pass one router, two, and so on, until the destination itself answers or 30 hops.
    ///
    /// # Errors
    ///
    /// When there is no such node.
    pub fn traceroute(&self, from: &str, to: &str) -> Result<Vec<Hop>, InternetError> {
        let (from, to) = (self.find(from)?, self.find(to)?);
        let destination = self.nodes[to].interfaces[0].address;
        let mut hops = Vec::new();
        for time_to_live in 1..=HOPS_MAX {
            let Some(Answer { packet, ms }) = self.echo(from, destination, time_to_live) else {
                hops.push(Hop { address: None, ms: None });
                continue;
            };
            let address = match packet.network.source() {
                IpAddr::V4(address) => Some(address),
                IpAddr::V6(_) => None,
            };
            hops.push(Hop { address, ms: Some(ms) });
            let exceeded = matches!(&packet.transport, Transport::Icmp(header) if header.kind == IcmpHeader::TIME_EXCEEDED);
            if !exceeded {
                break;
            }
        }
        Ok(hops)
    }

    /// The same as a table, as `traceroute -n` prints it.
    ///
    /// # Errors
    ///
    /// When there is no such node.
    pub fn trace_table(&self, from: &str, to: &str) -> Result<Table, InternetError> {
        let hops = self.traceroute(from, to)?;
        let rows = hops.iter().enumerate().map(|(index, hop)| {
            let address = hop.address.map_or("*".to_owned(), |address| address.to_string());
            let ms = hop.ms.map_or("*".to_owned(), |ms| format!("{} ms", fixed(ms, 1)));
            [(index + 1).to_string(), address, ms]
        });
        Ok(rows.fold(Table::new(["hop", "answers", "after"]), Table::row))
    }

    fn find(&self, name: &str) -> Result<usize, InternetError> {
        self.nodes.iter().position(|node| node.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
            InternetError::Unknown { name: name.to_owned(), known: known.join(", ") }
        })
    }

    /// Sends an echo request and waits for whatever comes back to its sender.
    fn echo(&self, from: usize, destination: Ipv4Addr, time_to_live: u8) -> Option<Answer> {
        let header = IcmpHeader {
            kind: IcmpHeader::ECHO_REQUEST,
            code: 0,
            identifier: 35,
            sequence: u16::from(time_to_live),
        };
        let source = self.nodes[from].interfaces[0].address;
        let request = Ipv4Header::encode(source, destination, ICMP, time_to_live, &icmp(&header, b"ping"));
        self.carry(from, request)
    }

    /// Carries a packet, and the answers that it causes, until one reaches the node that sent the first.
    fn carry(&self, origin: usize, packet: Vec<u8>) -> Option<Answer> {
        let (mut at, mut packet, mut ms) = (origin, packet, 0.0);
        let mut came_by: Option<Interface> = None;
        loop {
            let decoded = Packet::decode(&packet).ok()?;
            let IpAddr::V4(destination) = decoded.network.destination() else { return None };
            let node = &self.nodes[at];
            if node.interfaces.iter().any(|interface| interface.address == destination) {
                let Transport::Icmp(header) = &decoded.transport else { return None };
                if header.kind != IcmpHeader::ECHO_REQUEST {
                    return (at == origin).then_some(Answer { packet: decoded, ms });
                }
                let reply = IcmpHeader { kind: IcmpHeader::ECHO_REPLY, ..header.clone() };
                let IpAddr::V4(back) = decoded.network.source() else { return None };
                let payload = icmp(&reply, &decoded.payload);
                packet = Ipv4Header::encode(destination, back, ICMP, TIME_TO_LIVE, &payload);
            } else if let Some(interface) = came_by {
                // A router: one hop fewer is left.
                match forwarded(packet) {
                    Ok(lowered) => packet = lowered,
                    Err(expired) => {
                        packet = node.complain(&expired, interface.address, IcmpHeader::TIME_EXCEEDED)?
                    }
                }
            }
            let decoded = Packet::decode(&packet).ok()?;
            let IpAddr::V4(destination) = decoded.network.destination() else { return None };
            let Some(out) = node.interface_to(destination) else {
                let own = came_by?.address;
                packet = node.complain(&packet, own, IcmpHeader::UNREACHABLE)?;
                let IpAddr::V4(back) = Packet::decode(&packet).ok()?.network.destination() else {
                    return None;
                };
                let out = node.interface_to(back)?;
                (ms, at, came_by) = (ms + out.delay_ms, out.peer, self.enters(&out));
                continue;
            };
            (ms, at, came_by) = (ms + out.delay_ms, out.peer, self.enters(&out));
        }
    }

    /// The interface at the other end of a link.
    fn enters(&self, out: &Interface) -> Option<Interface> {
        let peer = &self.nodes[out.peer];
        peer.interfaces.iter().find(|interface| interface.address == out.peer_address).copied()
    }
}

impl Node {
    /// The way to a destination: a neighbor itself, else the next hop of the longest prefix.
    fn interface_to(&self, destination: Ipv4Addr) -> Option<Interface> {
        let direct = |address: Ipv4Addr| {
            self.interfaces.iter().find(|interface| interface.peer_address == address).copied()
        };
        direct(destination).or_else(|| direct(*self.routes.lookup(destination.into())?.value))
    }

    /// An ICMP error about a packet, to who sent it; `None` when the node keeps silent, or the packet is itself an
    /// ICMP error, about which nobody complains (RFC 1122, section 3.2.2).
    fn complain(&self, packet: &[u8], own: Ipv4Addr, kind: u8) -> Option<Vec<u8>> {
        let decoded = Packet::decode(packet).ok()?;
        let error =
            |header: &IcmpHeader| [IcmpHeader::TIME_EXCEEDED, IcmpHeader::UNREACHABLE].contains(&header.kind);
        if self.silent || matches!(&decoded.transport, Transport::Icmp(header) if error(header)) {
            return None;
        }
        let IpAddr::V4(back) = decoded.network.source() else { return None };
        let header = IcmpHeader { kind, code: 0, identifier: 0, sequence: 0 };
        let quoted = &packet[..packet.len().min(QUOTED)];
        Some(Ipv4Header::encode(own, back, ICMP, TIME_TO_LIVE, &icmp(&header, quoted)))
    }
}

/// The packet with its time to live lowered by one and its checksum corrected; `Err` with the packet when none is left.
fn forwarded(mut packet: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    let (time_to_live, protocol) = (packet[8], packet[9]);
    if time_to_live <= 1 {
        return Err(packet);
    }
    let old = u16::from_be_bytes([time_to_live, protocol]);
    let new = u16::from_be_bytes([time_to_live - 1, protocol]);
    let sum = updated_checksum(u16::from_be_bytes([packet[10], packet[11]]), old, new);
    packet[8] = time_to_live - 1;
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    Ok(packet)
}
