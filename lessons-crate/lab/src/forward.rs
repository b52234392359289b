//! Passing a request on to a backend: what our own gateway and balancers share.
//!
//! What is small is read whole, so that it can be asked for again when a backend fails. Everything else streams:
//! a body of unknown length, and an answer of more than 1 MiB. Who comes by HTTP/2 is passed on by HTTP/2, without
//! negotiation; a connection of HTTP/1 may become another protocol, such as WebSocket.

mod connections;
mod fields;
mod request;
mod tunnel;

pub(crate) use connections::{Connections, Failure};
pub(crate) use request::Forwarded;
