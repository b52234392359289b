//! WebSocket: messages in both directions over one connection, and what pushing to many clients takes.
//!
//! | piece | module | of it |
//! |---|---|---|
//! | the handshake | [`accept_key`], [`check_request`] | an HTTP request that becomes something else; who may ask |
//! | frames | [`parse`], [`Frame`] | two to fourteen bytes before each piece; clients mask theirs |
//! | messages | [`Assembler`] | pieces put together, text checked, control frames in between |
//! | who is slow | [`Outbox`], [`Hub`] | a bounded queue for each client, and what to do when it is full |
//! | who was away | [`ReplayLog`] | what happened since a sequence number, or that nobody knows any more |
//! | all at once | [`arrivals`] | when clients come back after a restart |
//! | which way to push | [`push`] | polling, long polling, server-sent events and WebSocket compared |
//!
//! A connection that is open says nothing about the other side: only a ping that is answered does ([`Heartbeat`]).

mod close;
mod frame;
mod handshake;
mod heartbeat;
mod hub;
mod message;
mod outbox;
pub mod push;
mod reconnect;
mod replay;
mod utf8;

pub use close::CloseCode;
pub use frame::{CONTROL_BYTES_MAX, Frame, FrameError, Opcode, Parsed, Role, apply_mask, parse};
pub use handshake::{Refused, accept_key, check_request, response};
pub use heartbeat::{Heartbeat, HeartbeatAction};
pub use hub::{ClientId, Hub, HubStats};
pub use message::{Assembler, Message, MessageError};
pub use outbox::{Item, Outbox, OverflowPolicy, Verdict};
pub use reconnect::{Arrivals, arrivals};
pub use replay::{ReplayLog, Resume};
pub use utf8::Utf8Checker;

#[cfg(test)]
mod tests;
