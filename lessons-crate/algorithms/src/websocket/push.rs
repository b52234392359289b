//! Four ways to tell a browser that something happened, compared by delay, requests and bytes.
//!
//! | way | delay of an event | requests | goes through any proxy |
//! |---|---|---|---|
//! | polling each T | T / 2 + one transit in the mean, T + one at worst | 1 / T for each client, events or not | yes |
//! | long polling | one transit, three at worst | one for each event or batch | yes, if it does not buffer |
//! | server-sent events | one transit | one | if it does not buffer |
//! | WebSocket | one transit | one | if it passes on `Upgrade` |
//!
//! # Sources
//!
//! S. Loreto et al., "Known Issues and Best Practices for the Use of Long Polling and Streaming in Bidirectional HTTP",
//! RFC 6202, 2011; "Server-sent events", HTML Living Standard, WHATWG, read 2026.

use std::time::Duration;

/// A way to push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A request each so often.
    Poll {
        /// The time between two requests.
        every: Duration,
    },
    /// A request that is answered when there is something.
    LongPoll,
    /// One answer that does not end.
    ServerSentEvents,
    /// Frames in both directions.
    WebSocket,
}

impl Transport {
    /// Its name, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Poll { .. } => "polling",
            Self::LongPoll => "long polling",
            Self::ServerSentEvents => "server-sent events",
            Self::WebSocket => "WebSocket",
        }
    }

    /// The bytes that an event costs besides what it says, if HTTP's headers cost `header_bytes` for a request and its
    /// answer: `data: ` and two line ends, or the two to ten bytes of a frame.
    pub fn bytes_per_event(self, header_bytes: u64, event_bytes: u64) -> u64 {
        match self {
            Self::Poll { .. } | Self::LongPoll => header_bytes,
            Self::ServerSentEvents => 8,
            Self::WebSocket => match event_bytes {
                0..126 => 2,
                126..0x1_0000 => 4,
                _ => 10,
            },
        }
    }
}

/// What became of some events, for one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// How long each event took to the client, in order.
    pub delays: Vec<Duration>,
    /// The requests that the client sent, up to the last event's delivery.
    pub requests: u64,
}

/// Delivers events that happen at these times, to a client that is `transit` away, and whose first request came in at
/// time 0.
///
/// Requests and answers take no time but the transit. With polling, requests go out each so often whatever happens; a
/// long poll is sent again as soon as its answer is there, and what happens in between waits on the server.
///
/// # Complexity
///
/// O(events + requests).
///
/// # Panics
///
/// When events are not in order, or polls follow each other without a pause.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use lessons::websocket::push::{Transport, deliver};
///
/// let ms = Duration::from_millis;
/// // The second event happens just after the first was answered: it waits for the way there, back, and there again.
/// let events = [ms(100), ms(101)];
/// let delivery = deliver(Transport::LongPoll, &events, ms(50));
/// assert_eq!(delivery.delays, [ms(50), ms(149)]);
/// assert_eq!(deliver(Transport::WebSocket, &events, ms(50)).delays, [ms(50), ms(50)]);
/// ```
pub fn deliver(transport: Transport, events: &[Duration], transit: Duration) -> Delivery {
    assert!(events.is_sorted(), "events happen in order");
    let (mut delays, mut requests) = (Vec::new(), 1);
    match transport {
        Transport::ServerSentEvents | Transport::WebSocket => delays.resize(events.len(), transit),
        Transport::Poll { every } => {
            assert!(!every.is_zero(), "polls need a pause between them");
            for event in events {
                let polls = event.as_nanos().div_ceil(every.as_nanos());
                let answered = Duration::from_nanos_u128(polls * every.as_nanos());
                delays.push(answered - *event + transit);
                requests = polls as u64 + 1;
            }
        }
        Transport::LongPoll => {
            // When a request is there to be answered.
            let (mut open, mut answered) = (Duration::ZERO, None);
            for event in events {
                // The answer that took the event before took this one along, if it had happened.
                let leaves = match answered {
                    Some(answered) if *event <= answered => answered,
                    _ => {
                        let leaves = open.max(*event);
                        requests += u64::from(answered.is_some());
                        answered = Some(leaves);
                        open = leaves + transit * 2;
                        leaves
                    }
                };
                delays.push(leaves - *event + transit);
            }
        }
    }
    Delivery { delays, requests }
}
