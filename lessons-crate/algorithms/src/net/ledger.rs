//! The ledger of round trips: what must happen before the first byte of an answer, and until the last.

use std::time::Duration;

use super::congestion::law::slow_start_rounds;

/// Bytes of data in a segment, on a path of Ethernet links.
pub const SEGMENT_BYTES: u64 = 1_460;

/// How client and server begin to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// A connection that is open already.
    Open,
    /// TCP, not encrypted.
    Tcp,
    /// TCP and TLS 1.2.
    TcpTls12,
    /// TCP and TLS 1.3.
    TcpTls13,
    /// TCP and TLS 1.3 with early data, to a server known from before.
    TcpTls13EarlyData,
    /// QUIC, which has TLS 1.3 in its own handshake.
    Quic,
    /// QUIC with early data, to a server known from before.
    QuicEarlyData,
}

impl Handshake {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::TcpTls12,
        Self::TcpTls13,
        Self::TcpTls13EarlyData,
        Self::Tcp,
        Self::Quic,
        Self::QuicEarlyData,
        Self::Open,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open connection",
            Self::Tcp => "TCP",
            Self::TcpTls12 => "TCP + TLS 1.2",
            Self::TcpTls13 => "TCP + TLS 1.3",
            Self::TcpTls13EarlyData => "TCP + TLS 1.3, early data",
            Self::Quic => "QUIC",
            Self::QuicEarlyData => "QUIC, early data",
        }
    }

    /// Round trips for TCP, for encryption, and for the request itself.
    ///
    /// # Sources
    ///
    /// RFC 9293, section 3.5 (TCP, 2022); RFC 5246, section 7.3 (TLS 1.2, 2008); RFC 8446, section 2 (TLS 1.3 and its
    /// early data, 2018); RFC 9001, section 4 (QUIC, 2021).
    pub fn round_trips(self) -> [u32; 3] {
        match self {
            Self::Open | Self::QuicEarlyData => [0, 0, 1],
            Self::Tcp | Self::TcpTls13EarlyData => [1, 0, 1],
            Self::TcpTls13 => [1, 1, 1],
            Self::TcpTls12 => [1, 2, 1],
            Self::Quic => [0, 1, 1],
        }
    }
}

/// One fetch over one path, without loss.
///
/// # Examples
///
/// ```
/// use lessons::net::{Fetch, Handshake};
/// use std::time::Duration;
///
/// let fetch = Fetch::new(Handshake::TcpTls13, Duration::from_millis(100), 14_000);
/// assert_eq!(fetch.first_byte(), Duration::from_millis(300)); // Three round trips.
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fetch {
    /// How it begins.
    pub handshake: Handshake,
    /// The round trip of the path.
    pub round_trip: Duration,
    /// The size of the answer.
    pub bytes: u64,
    /// What the server itself needs.
    pub server: Duration,
    /// The narrowest link, in bits per second.
    pub bits_per_second: f64,
    /// The first window, in segments.
    pub initial_window: u64,
}

impl Fetch {
    /// A fetch from a server that answers at once, over a link of 100 Mbit/s, with an initial window of ten segments.
    pub fn new(handshake: Handshake, round_trip: Duration, bytes: u64) -> Self {
        let (server, bits_per_second, initial_window) = (Duration::ZERO, 1e8, 10);
        Self { handshake, round_trip, bytes, server, bits_per_second, initial_window }
    }

    /// When the first byte of the answer comes. A name that must be looked up first adds one round trip to the
    /// resolver, which is another path. O(1).
    pub fn first_byte(&self) -> Duration {
        let [tcp, tls, request] = self.handshake.round_trips();
        self.round_trip * (tcp + tls + request) + self.server
    }

    /// When the last byte comes: windows that double while they are smaller than what the link carries in a round
    /// trip, then the link's rate. O(log bytes).
    pub fn last_byte(&self) -> Duration {
        let segment = SEGMENT_BYTES as f64 * 8.0 / self.bits_per_second;
        let (mut left, mut window) = (self.bytes.div_ceil(SEGMENT_BYTES), self.initial_window.max(1));
        let mut time = self.first_byte();
        let rtt = self.round_trip.as_secs_f64();
        // The pipe is full as soon as a window takes a round trip to send.
        while left > window && (window as f64) * segment < rtt {
            left -= window;
            window *= 2;
            time += self.round_trip;
        }
        time + Duration::from_secs_f64(left as f64 * segment)
    }

    /// Round trips that the answer itself takes at least, without the handshake.
    pub fn rounds(&self) -> u32 {
        slow_start_rounds(self.bytes.div_ceil(SEGMENT_BYTES), self.initial_window.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_are_counted_in_round_trips() {
        let count = |handshake: Handshake| handshake.round_trips().iter().sum::<u32>();
        assert_eq!(Handshake::ALL.map(count), [4, 3, 2, 2, 2, 1, 1]);
    }

    #[test]
    fn twice_the_bandwidth_hardly_helps_a_small_fetch() {
        let slow = Fetch::new(Handshake::TcpTls13, Duration::from_millis(100), 20_000);
        let fast = Fetch { bits_per_second: 2e8, ..slow };
        let half = Fetch { round_trip: Duration::from_millis(50), ..slow };
        let seconds = |fetch: Fetch| fetch.last_byte().as_secs_f64();
        assert!(seconds(slow) - seconds(fast) < 0.001, "{} {}", seconds(slow), seconds(fast));
        assert!(seconds(half) < 0.51 * seconds(slow));
    }

    #[test]
    fn a_large_fetch_takes_what_the_link_takes() {
        let fetch = Fetch::new(Handshake::Open, Duration::from_millis(20), 1_000_000_000);
        let ratio = fetch.last_byte().as_secs_f64() / (1e9 * 8.0 / 1e8);
        assert!((1.0..1.02).contains(&ratio), "{ratio}");
    }
}
