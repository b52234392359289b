//! Whatever the network does, the stream is the stream.

use std::time::Duration;

use super::receive::Receive;
use super::*;
use crate::net::congestion::{Cubic, law};
use crate::net::packet::TcpFlags;
use crate::rng::Rng;

fn data(length: usize) -> Vec<u8> {
    let mut rng = Rng::new(length as u64);
    (0..length).map(|_| rng.next_u64() as u8).collect()
}

#[test]
fn no_byte_twice_or_out_of_order_for_any_loss_and_reordering() {
    for seed in 0..150 {
        let mut rng = Rng::new(seed);
        let sent = data(rng.index(40_000));
        let transfer = Transfer {
            loss: [0.0, 0.01, 0.1, 0.3][rng.index(4)],
            jitter_ms: [0.0, 5.0, 200.0][rng.index(3)],
            segment: 40 + rng.below(1_420) as u32,
            receive_window: 2_000 + rng.below(60_000) as u32,
            control: if rng.chance(0.5) { Box::new(Cubic::new()) } else { Transfer::default().control },
            seed,
            ..Transfer::default()
        };
        let run = transfer.run(&sent);
        assert!(run.received == sent, "seed {seed}: {} of {} bytes", run.received.len(), sent.len());
        // With everything lost too often one side may give up; it is closed all the same.
        assert_eq!(run.states, (State::Closed, State::Closed), "seed {seed}");
    }
}

#[test]
fn without_loss_it_takes_the_round_trips_of_theory() {
    for segments in [1, 10, 11, 100, 700] {
        let run = Transfer::default().run(&data(1_460 * segments));
        // The handshake is one; the last byte arrives half a round trip after it was sent.
        let rounds = law::slow_start_rounds(segments as u64, 10);
        let expected = 50.0 + 50.0 * f64::from(rounds) - 25.0;
        let finished = run.finished_ms.expect("everything came");
        // Windows grow with each acknowledgment, so that the last round may begin earlier, never later.
        assert!((finished - expected).abs() < 0.01, "{segments}: {finished}, by theory {expected}");
        assert_eq!((run.repeated, run.timeouts), (0, 0));
    }
}

#[test]
fn a_small_window_limits_the_rate_to_a_window_each_round_trip() {
    let transfer = Transfer { receive_window: 14_600, ..Transfer::default() };
    let bytes = 1_460_000;
    let seconds = transfer.run(&data(bytes)).finished_ms.expect("everything came") / 1e3;
    let ratio = bytes as f64 / seconds / (14_600.0 / 0.05);
    assert!((0.97..1.01).contains(&ratio), "{ratio}");
}

#[test]
fn sequence_numbers_wrap() {
    let settings = |initial_sequence| TcpSettings { initial_sequence, ..TcpSettings::default() };
    let (mut one, mut other) =
        (Connection::connect(&settings(u32::MAX - 2_000)), Connection::listen(&settings(u32::MAX)));
    let sent = data(50_000);
    one.send(&sent).expect("open");
    for round in 0..30 {
        let now = Duration::from_millis(round);
        one.poll(now).iter().for_each(|segment| other.receive(now, segment));
        other.poll(now).iter().for_each(|segment| one.receive(now, segment));
    }
    assert_eq!(other.received(), sent);
}

#[test]
fn every_state_is_reached_and_each_can_end() {
    use TcpEvent as E;
    let events = [
        E::Connect,
        E::Listen,
        E::Syn,
        E::SynAck,
        E::SynAcknowledged,
        E::Close,
        E::Fin,
        E::FinAcknowledged,
        E::WaitOver,
        E::Reset,
    ];
    let closure = |start: State| {
        let mut seen = vec![start];
        let mut at = 0;
        while at < seen.len() {
            let next: Vec<State> = events.iter().filter_map(|event| seen[at].after(*event)).collect();
            next.into_iter().for_each(|state| {
                if !seen.contains(&state) {
                    seen.push(state)
                }
            });
            at += 1;
        }
        seen.sort();
        seen
    };
    assert_eq!(closure(State::Closed), State::ALL);
    assert!(State::ALL.into_iter().all(|state| closure(state).contains(&State::Closed)));
}

#[test]
fn both_may_open_and_close_at_once() {
    let (settings, now) = (TcpSettings::default(), Duration::ZERO);
    let (mut one, mut other) = (Connection::connect(&settings), Connection::connect(&settings));
    let exchange = |one: &mut Connection, other: &mut Connection| {
        let (left, right) = (one.poll(now), other.poll(now));
        left.iter().for_each(|segment| other.receive(now, segment));
        right.iter().for_each(|segment| one.receive(now, segment));
    };
    exchange(&mut one, &mut other);
    assert_eq!((one.state(), other.state()), (State::SynReceived, State::SynReceived));
    exchange(&mut one, &mut other);
    exchange(&mut one, &mut other);
    assert_eq!((one.state(), other.state()), (State::Established, State::Established));
    one.close();
    other.close();
    exchange(&mut one, &mut other);
    assert_eq!((one.state(), other.state()), (State::Closing, State::Closing));
    exchange(&mut one, &mut other);
    assert_eq!((one.state(), other.state()), (State::TimeWait, State::TimeWait));
    assert!(one.send(b"late").is_err());
    one.tick(Duration::from_secs(60));
    assert_eq!(one.state(), State::Closed);
}

#[test]
fn a_closed_port_answers_with_a_reset_and_forged_resets_are_not_believed() {
    let (settings, now) = (TcpSettings::default(), Duration::ZERO);
    let (mut client, mut closed) = (Connection::connect(&settings), Connection::listen(&settings));
    closed.close();
    let syn = client.poll(now);
    closed.receive(now, &syn[0]);
    let answer = closed.poll(now);
    assert!(answer[0].flags.rst);
    let (mut client, mut server) = (Connection::connect(&settings), Connection::listen(&settings));
    for _ in 0..3 {
        client.poll(now).iter().for_each(|segment| server.receive(now, segment));
        server.poll(now).iter().for_each(|segment| client.receive(now, segment));
    }
    let rst = TcpFlags { rst: true, ..TcpFlags::default() };
    server.receive(now, &Segment { sequence: 5_000, flags: rst, ..Segment::default() });
    assert_eq!(server.state(), State::Established);
    server.receive(now, &Segment { sequence: 1, flags: rst, ..Segment::default() });
    assert_eq!(server.state(), State::Closed);
}

#[test]
fn who_never_hears_anything_gives_up() {
    let run = Transfer { loss: 1.0, ..Transfer::default() }.run(b"hello");
    assert_eq!((run.finished_ms, run.states), (None, (State::Closed, State::Listen)));
    assert_eq!(run.timeouts, 16);
}

/// Overlapping, repeated and hostile stretches: the bytes of each place are the ones that came first for it.
#[test]
fn any_stretches_give_a_prefix_of_the_stream() {
    let mut rng = Rng::new(9);
    for _ in 0..400 {
        let (stream, mut receive) = (data(500), Receive::new(200));
        receive.start(7);
        for _ in 0..200 {
            let start = rng.index(stream.len());
            let end = start + rng.index(60.min(stream.len() - start) + 1);
            receive.data(1 + start as u64, &stream[start..end]);
            assert!(stream.starts_with(&receive.delivered));
            assert_eq!(receive.next, 1 + receive.delivered.len() as u64);
            for (from, to) in receive.sack() {
                assert!(receive.acknowledgment() < from && from < to);
            }
        }
    }
}

/// Any segments at any state: nothing panics, and nothing grows beyond a window.
#[test]
fn no_segment_makes_it_panic() {
    let mut rng = Rng::new(10);
    for seed in 0..300 {
        let settings = TcpSettings { initial_sequence: rng.next_u64() as u32, ..TcpSettings::default() };
        let mut end =
            if rng.chance(0.5) { Connection::connect(&settings) } else { Connection::listen(&settings) };
        let mut now = Duration::ZERO;
        let base = settings.initial_sequence;
        for _ in 0..200 {
            let near =
                |rng: &mut Rng, base: u32| base.wrapping_add((rng.below(4_000) as u32).wrapping_sub(2_000));
            let bit = |rng: &mut Rng| rng.chance(0.3);
            let segment = Segment {
                sequence: near(&mut rng, seed),
                acknowledgment: near(&mut rng, base),
                flags: TcpFlags {
                    syn: bit(&mut rng),
                    ack: rng.chance(0.8),
                    fin: rng.chance(0.1),
                    rst: rng.chance(0.05),
                    psh: false,
                },
                window: rng.below(70_000) as u32,
                sack: (0..rng.index(4)).map(|_| (near(&mut rng, base), near(&mut rng, base))).collect(),
                data: vec![1; rng.index(1_500)],
            };
            match rng.index(4) {
                0 => end.tick(now),
                1 => _ = end.send(&[2; 3_000]),
                2 if rng.chance(0.05) => end.close(),
                _ => end.receive(now, &segment),
            }
            assert!(end.poll(now).len() < 5_000);
            now += Duration::from_millis(rng.below(2_000));
        }
    }
}
