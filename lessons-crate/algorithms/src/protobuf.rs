//! Protocol Buffers by hand: what stands on the wire, who can read it, and what it costs.
//!
//! | question | module | of it |
//! |---|---|---|
//! | which bytes? | [`wire`] | variable-length integers, zigzag, tags, and the records of a message |
//! | what do they mean? | [`Schema`], [`parse_proto`] | types by field number, from the text of a `.proto` file |
//! | a message | [`Message`], [`Value`] | encode, decode, merge; unknown fields kept; presence |
//! | may the schema change so? | [`breaks`] | what an old reader makes of a new writer's bytes, and the other way round |
//! | how large? | [`size`] | beside JSON and CBOR |
//!
//! The wire says a number and one of four shapes for each field, and nothing else: no names, no types, not even where a
//! message ends. Who has no schema cannot tell text from a nested message, or -1 from a very large number.

mod compatibility;
mod decode;
mod encode;
mod message;
mod proto_file;
mod schema;
pub mod size;
pub mod wire;

pub use compatibility::{Break, BreakKind, Harm, breaks};
pub use decode::{DecodeError, MESSAGES_DEEP_MAX, decode, merge};
pub use encode::{EncodeError, encode};
pub use message::{Message, UnknownField, Value};
pub use proto_file::{ProtoError, parse_proto};
pub use schema::{EnumType, Field, FieldType, MessageType, Presence, Scalar, Schema};

#[cfg(test)]
mod tests;
