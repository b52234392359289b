//! HTTP/2 below the requests: frames, compressed headers, and who may send how much.
//!
//! | piece | module | of it |
//! |---|---|---|
//! | frames | [`FrameHeader`], [`FrameDecoder`] | nine bytes before each piece: length, type, flags, stream |
//! | headers | [`hpack`] | integers, the static and a dynamic table, Huffman codes |
//! | flow control | [`SendWindow`], [`ReceiveWindow`] | a receiver that is slow stops its sender, for each stream |
//!
//! Many streams share one connection; that is what gRPC builds on, and why a balancer of connections spreads none of it.

mod flow;
mod frame;
pub mod hpack;

pub use flow::{FlowError, INITIAL_WINDOW, ReceiveWindow, SendWindow, WINDOW_MAX};
pub use frame::{
    FRAME_BYTES_MAX, FRAME_HEADER_BYTES, FrameDecoder, FrameError, FrameHeader, FrameType, flags,
};
