//! gRPC without a server: what it adds to HTTP/2 and Protocol Buffers.
//!
//! | piece | module | of it |
//! |---|---|---|
//! | a message on a stream | [`Frame`], [`FrameDecoder`] | one byte that says "compressed", four of length, the message |
//! | how a call ended | [`Code`], [`Status`] | one of 17 numbers, in the trailers: the HTTP status is 200 all the same |
//! | until when | [`format_timeout`], [`parse_timeout`], [`propagate`] | the time left, handed on from service to service |
//!
//! A call is one HTTP/2 stream ([`http2`](crate::http2)): headers, frames in both directions, trailers.

mod frame;
mod status;
mod timeout;

pub use frame::{Frame, FrameDecoder, FrameError, HEADER_BYTES, MESSAGE_BYTES_MAX};
pub use status::{Code, Status, decode_message, encode_message};
pub use timeout::{Hop, HopResult, TimeoutError, format_timeout, parse_timeout, propagate};
