//! The kernel of System Design in 35 Days, its two doors and its command line.
//!
//! Cells come in as messages of the Jupyter protocol, through ZeroMQ ([`jupyter`]) or through HTTP and
//! WebSocket ([`web`]), and go to one [`session`] per reader, which compiles them with evcxr against the
//! prebuilt [`library`] and runs them in a process of their own.

pub mod library;
pub mod paths;
pub mod session;
