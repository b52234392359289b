//! TCP on paper: two machines that turn a network which loses and reorders into a stream of bytes.
//!
//! | part | what it is |
//! |---|---|
//! | [`State`] | the eleven states of a connection, and which event leads from one to another |
//! | [`Segment`] | what is sent: numbers, flags, a window, data |
//! | [`Connection`] | one end: segments and time in, segments out; no socket, no clock |
//! | [`Transfer`] | two ends in a [`Network`](crate::network::Network) that loses, delays and reorders |
//!
//! It has the handshake, sliding window, selective acknowledgments, retransmission by timer and by later arrivals,
//! congestion control, and an orderly end. It leaves out: urgent data, window scaling (windows are plain numbers
//! here), delayed acknowledgments, Nagle's rule, zero-window probes (the application reads at once, so that the
//! window never closes), and path MTU discovery.

mod connection;
mod receive;
mod segment;
mod send;
mod state;
#[cfg(test)]
mod tests;
mod transfer;

pub use connection::{Connection, TcpError, TcpSettings};
pub use segment::Segment;
pub use state::{State, TcpEvent};
pub use transfer::{Transfer, Transferred};

/// The place in the stream that a sequence number means: the one nearest to `near`. Numbers have 32 bits and begin
/// anywhere (`initial`); places count from 0, the SYN, and never wrap.
fn place(number: u32, initial: u32, near: u64) -> Option<u64> {
    let at = initial.wrapping_add(near as u32);
    near.checked_add_signed(i64::from(number.wrapping_sub(at) as i32))
}
