//! What plays a server inside this process, where a machine has none.

pub(crate) mod balancer;
pub(crate) mod documents;
pub(crate) mod listener;
pub(crate) mod resp;
