//! The network does what is asked of it, and the same every time.

use super::*;
use crate::dist::Exponential;
use crate::stats::{mean, proportion_error};

/// Remembers what it got and when; answers a `true`.
#[derive(Debug, Default)]
struct Echo {
    got: Vec<(NodeId, f64)>,
    rang: Vec<(u64, f64)>,
    reconnected: usize,
}

impl Process for Echo {
    type Message = bool;

    fn receive(&mut self, from: NodeId, message: bool, out: &mut Outbox<bool>) {
        self.got.push((from, out.now()));
        if message {
            out.send(from, false);
        }
    }

    fn wake(&mut self, timer: u64, out: &mut Outbox<bool>) {
        self.rang.push((timer, out.now()));
    }

    fn crash(&mut self) {
        self.got.clear();
    }

    fn reconnect(&mut self, _: &mut Outbox<bool>) {
        self.reconnected += 1;
    }
}

fn network(count: usize) -> Network<Echo> {
    Network::new((0..count).map(|_| Echo::default()).collect(), 7)
}

#[test]
fn delays_and_losses_are_those_asked_for() {
    let mut network = network(2);
    network.set_delay(Exponential(3.0));
    network.set_loss(0.2);
    let count = 20_000;
    for _ in 0..count {
        network.send(0, 1, false);
    }
    network.run();
    let delays: Vec<f64> = network.node(1).got.iter().map(|got| got.1).collect();
    let loss = 1.0 - delays.len() as f64 / f64::from(count);
    assert!((loss - 0.2).abs() < 4.0 * proportion_error(0.2, count as u64), "{loss}");
    assert!((mean(&delays) - 3.0).abs() < 4.0 * 3.0 / (delays.len() as f64).sqrt());
    assert_eq!(network.trace().sent_count(), count as u64);
    assert_eq!(network.trace().lost_count(), count as u64 - delays.len() as u64);
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let run = |seed| {
        let mut network = Network::new(vec![Echo::default(), Echo::default(), Echo::default()], seed);
        network.set_delay(Exponential(1.0));
        network.set_loss(0.1);
        for i in 0..30 {
            network.send(i % 3, (i + 1) % 3, true);
        }
        network.run();
        network.into_parts().1
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_partition_stops_both_ways_a_cut_one_and_healing_reconnects() {
    let mut network = network(4);
    network.at(0.0, Fault::partition([&[0], &[1, 2]]));
    network.at(10.0, Fault::Heal);
    network.at(20.0, Fault::Cut(0, 1));
    network.run_until(5.0);
    for (from, to) in [(0, 1), (1, 0), (1, 2), (0, 3), (3, 1)] {
        network.send(from, to, false);
    }
    network.run_until(25.0);
    let got = |network: &Network<Echo>, node: NodeId| network.node(node).got.len();
    // Node 3 is in no group: all its links work.
    assert_eq!([0, 1, 2, 3].map(|node| got(&network, node)), [0, 1, 1, 1]);
    assert_eq!([0, 1, 2, 3].map(|node| network.node(node).reconnected), [1, 1, 1, 0]);
    network.send(0, 1, false);
    network.send(1, 0, false);
    network.run();
    assert_eq!([got(&network, 0), got(&network, 1)], [1, 1]);
    let text = network.trace().to_string();
    assert!(text.contains("partition 0 | 1,2") && text.contains("lost: the link was cut"), "{text}");
    let picture = network.trace().timeline("A cut");
    assert!(picture.to_string().contains("cut 0 to 1"), "{picture}");
}

#[test]
fn a_message_under_way_is_lost_when_its_link_is_cut() {
    let mut network = network(2);
    network.send(0, 1, false);
    network.at(0.5, Fault::Cut(0, 1));
    network.run();
    assert_eq!(network.trace().messages()[0].fate, Fate::Lost("the link was cut"));
}

#[test]
fn the_dead_get_nothing_and_their_timers_do_not_ring() {
    let mut network = network(2);
    network.wake_after(1, 1.0, 10);
    network.wake_after(1, 5.0, 11);
    network.at(2.0, Fault::Crash(1));
    network.at(4.0, Fault::Restart(1));
    network.run_until(2.5);
    network.send(0, 1, true);
    network.run();
    let node = network.node(1);
    assert_eq!((node.rang.as_slice(), node.got.len(), node.reconnected), ([(10, 1.0)].as_slice(), 0, 1));
    assert_eq!(network.trace().messages()[0].fate, Fate::Lost("the receiver is down"));
}

#[test]
fn equal_times_keep_their_order_and_self_messages_arrive_at_once() {
    let mut network = network(3);
    network.send(1, 0, false);
    network.send(2, 0, false);
    network.send(0, 0, false);
    network.run();
    assert_eq!(network.node(0).got, [(0, 0.0), (1, 1.0), (2, 1.0)]);
}

#[test]
#[should_panic(expected = "there are only 2 nodes")]
fn a_fault_of_no_node_is_refused() {
    network(2).at(1.0, Fault::Crash(2));
}
