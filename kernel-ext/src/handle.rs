//! The two ends of a running kernel that a transport holds.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::protocol::Message;

/// A running kernel, seen from outside.
///
/// Requests (shell, control and stdin) go into `inbox`; everything that comes out of `outbox` goes out on
/// the channel it names. The outbox closes when the kernel has finished, after its `shutdown_reply`.
#[derive(Debug)]
pub struct Handle {
    /// Takes requests; never blocks.
    pub inbox: UnboundedSender<Message>,
    /// Gives replies and publications, in the order in which they must be sent.
    pub outbox: UnboundedReceiver<Message>,
}
