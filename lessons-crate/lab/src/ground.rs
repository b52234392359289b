//! The ground floor: what a server needs, whichever it is.
//!
//! Programs are found here and processes started, ports and folders reserved, and errors told. Nothing here knows a
//! server.

pub(crate) mod error;
pub(crate) mod folder;
pub(crate) mod held;
pub(crate) mod port;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod secret;
pub(crate) mod system;
pub(crate) mod talk;
