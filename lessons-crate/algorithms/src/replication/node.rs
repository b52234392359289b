//! Replicas and clients as nodes of one network.

use super::client::Client;
use super::message::Message;
use super::replica::Replica;
use crate::network::{NodeId, Outbox, Process};

#[derive(Debug)]
pub(super) enum Node {
    Replica(Replica),
    Client(Client),
}

impl Process for Node {
    type Message = Message;

    fn receive(&mut self, from: NodeId, message: Message, out: &mut Outbox<Message>) {
        match self {
            Self::Replica(replica) => replica.receive(from, message, out),
            Self::Client(client) => client.receive(message, out),
        }
    }

    fn wake(&mut self, timer: u64, out: &mut Outbox<Message>) {
        match self {
            Self::Replica(replica) => replica.wake(timer, out),
            Self::Client(client) => client.wake(timer, out),
        }
    }

    fn crash(&mut self) {
        if let Self::Replica(replica) = self {
            replica.crash();
        }
    }

    fn reconnect(&mut self, out: &mut Outbox<Message>) {
        if let Self::Replica(replica) = self {
            replica.reconnect(out);
        }
    }
}
