//! Networks as programs meet them: addresses, packets, TCP, and the time that it all takes.
//!
//! | question | of it |
//! |---|---|
//! | what does this text mean? | [`parse_v4`], [`parse_v6`], [`canonical_v6`], [`Cidr`] |
//! | which way does a packet go? | [`RouteTable`]; [`Internet`], routers on paper that answer `ping` and `traceroute` |
//! | what do these bytes say? | [`Packet`], [`TcpHeader`], [`UdpHeader`], [`Capture`] |
//! | was anything changed on the way? | [`checksum`], [`updated_checksum`] |
//! | how long until the first byte? | [`Fetch`], [`Handshake`] |
//! | when is it sent again? | [`RtoEstimator`] |
//! | how does a stream come out of packets? | [`Connection`], [`Transfer`] |
//! | how fast may one send? | [`Reno`], [`Cubic`], [`law`], [`fairness`], [`Bottleneck`] |
//! | who waits for a lost packet? | [`Delivery`] |
//!
//! Decoders take any bytes and answer with an error, never with a panic. Sockets are in the lab, and in `std::net`.

mod address;
mod bottleneck;
mod checksum;
mod cidr;
mod congestion;
mod head_of_line;
mod internet;
mod ledger;
mod packet;
mod pcap;
mod routes;
mod rto;
mod tcp;

pub use address::{AddressError, canonical_v6, parse_v4, parse_v6};
pub use bottleneck::{Bottleneck, Sample, Shared};
pub use checksum::{checksum, sum, transport_checksum, updated_checksum};
pub use cidr::{Cidr, CidrError};
pub use congestion::{Congestion, Cubic, INITIAL_WINDOW, Reno, fairness, jain_index, law};
pub use head_of_line::Delivery;
pub use internet::{Hop, Internet, InternetError};
pub use ledger::{Fetch, Handshake, SEGMENT_BYTES};
pub use packet::{
    IcmpHeader, Ipv4Header, Ipv6Header, Network, Packet, PacketError, TcpFlags, TcpHeader, TcpOption,
    Transport, UdpHeader, icmp,
};
pub use pcap::{Capture, Frame, PcapError};
pub use routes::{Found, RouteTable};
pub use rto::RtoEstimator;
pub use tcp::{Connection, Segment, State, TcpError, TcpEvent, TcpSettings, Transfer, Transferred};
