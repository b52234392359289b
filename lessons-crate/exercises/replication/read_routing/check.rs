//! Checks the routing of reads to followers that lag.

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// What one client has done, as places in the leader's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadSession {
    /// The place of its newest write.
    pub wrote: u64,
    /// The newest place up to which it has read.
    pub read: u64,
}

/// A follower, as the router knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follower {
    /// Up to which place of the log it has everything.
    pub position: u64,
    /// How long it takes to answer, in milliseconds; the router may assume that all differ.
    pub latency_ms: u64,
}

/// What the client was just told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Its write is at this place of the log.
    Wrote(u64),
    /// It has read from a follower that was at this place.
    Read(u64),
}

type Route = fn(&ReadSession, &[Follower]) -> Option<usize>;
type Observe = fn(&mut ReadSession, Seen);

/// Checks a router that gives each client read-your-writes and monotonic reads, from the fastest follower.
pub fn read_routing(
    route: fn(&ReadSession, &[Follower]) -> Option<usize>,
    observe: fn(&mut ReadSession, Seen),
) -> Report {
    Checker::new(&EXERCISE)
        .visible("a new client reads from the fastest follower", move || fastest(route))
        .visible("after a write, only from followers that have it", move || own_writes(route, observe))
        .visible("after a read, never from an older follower", move || monotonic(route, observe))
        .visible("None, for the leader, when no follower is far enough", move || leader(route, observe))
        .hidden("a follower exactly at the place will do", move || exactly(route, observe))
        .hidden("old news changes nothing", move || old_news(observe))
        .hidden("in random sessions: the fastest of those that may answer", move || sessions(route, observe))
        .finish()
}

fn follower(position: u64, latency_ms: u64) -> Follower {
    Follower { position, latency_ms }
}

/// The one to ask.
fn right(needed: u64, followers: &[Follower]) -> Option<usize> {
    let able = followers.iter().enumerate().filter(|(_, follower)| follower.position >= needed);
    able.min_by_key(|(_, follower)| follower.latency_ms).map(|(index, _)| index)
}

fn expect(route: Route, session: &ReadSession, followers: &[Follower]) -> Result<(), Failure> {
    let needed = session.wrote.max(session.read);
    let (expected, found) = (right(needed, followers), route(session, followers));
    if expected == found {
        return Ok(());
    }
    let chosen = found.and_then(|index| followers.get(index));
    let diagnosis = match (chosen, expected) {
        (None, Some(_)) if found.is_some() => None,
        (None, Some(fit)) if followers[fit].position == needed && needed > 0 => Some((
            "strictly-newer",
            "A follower that is exactly at the place has everything up to it: at least, not more than.",
        )),
        (None, Some(_)) => Some((
            "always-the-leader",
            "The leader is always right, and then the followers do nothing: ask it only when no follower is far enough.",
        )),
        (Some(follower), _) if follower.position < session.wrote => Some((
            "ignores-own-writes",
            "The follower has not got the client's own write yet: the client posts a comment, reloads, and it is gone.",
        )),
        (Some(follower), _) if follower.position < session.read => Some((
            "ignores-reads",
            "The client has seen a newer state before: with each reload a comment appears and disappears. Its reads count like its writes.",
        )),
        (Some(follower), Some(_)) if followers.iter().all(|other| other.position <= follower.position) => {
            Some((
                "freshest-not-fastest",
                "The freshest follower is not needed, only one that is fresh enough: of those the fastest.",
            ))
        }
        _ => None,
    };
    Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input(format!("{session:?}, followers (position, ms): {}", told(followers)))
        .maybe_diagnosis(diagnosis.map(|(key, message)| (key, message.to_owned()))))
}

fn told(followers: &[Follower]) -> String {
    followers.iter().map(|f| format!("({}, {})", f.position, f.latency_ms)).collect::<Vec<_>>().join(" ")
}

fn session(observe: Observe, seen: &[Seen]) -> ReadSession {
    let mut session = ReadSession::default();
    seen.iter().for_each(|&seen| observe(&mut session, seen));
    session
}

fn fastest(route: Route) -> Result<(), Failure> {
    for followers in [
        [follower(10, 5), follower(30, 20), follower(20, 9)],
        [follower(30, 20), follower(0, 2), follower(20, 9)],
    ] {
        expect(route, &ReadSession::default(), &followers)?;
    }
    Ok(())
}

/// That observing leaves the session that it must.
fn expect_session(observe: Observe, seen: &[Seen]) -> Result<ReadSession, Failure> {
    let found = session(observe, seen);
    let newest = |pick: &dyn Fn(&Seen) -> Option<u64>| seen.iter().filter_map(pick).max().unwrap_or(0);
    let expected = ReadSession {
        wrote: newest(&|seen| if let Seen::Wrote(place) = seen { Some(*place) } else { None }),
        read: newest(&|seen| if let Seen::Read(place) = seen { Some(*place) } else { None }),
    };
    if found == expected {
        return Ok(found);
    }
    let diagnosis = if found.wrote < expected.wrote && found.wrote > 0
        || found.read < expected.read && found.read > 0
    {
        Some((
            "forgets-the-newest",
            "Answers may come out of order, and a slow one is old news: keep the greater place, do not overwrite it.",
        ))
    } else if found.read < expected.read {
        Some((
            "ignores-reads",
            "What the client has read counts too: without it, time can go back between two reads.",
        ))
    } else if found.wrote < expected.wrote {
        Some((
            "ignores-own-writes",
            "The place of the client's write must be kept: it is what reads have to wait for.",
        ))
    } else {
        None
    };
    Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input(format!("observe: {seen:?}"))
        .maybe_diagnosis(diagnosis.map(|(key, message)| (key, message.to_owned()))))
}

fn own_writes(route: Route, observe: Observe) -> Result<(), Failure> {
    let wrote = expect_session(observe, &[Seen::Wrote(15)])?;
    expect(route, &wrote, &[follower(10, 5), follower(30, 20), follower(20, 9)])?;
    expect(route, &wrote, &[follower(14, 1), follower(16, 30), follower(40, 40)])
}

fn monotonic(route: Route, observe: Observe) -> Result<(), Failure> {
    let read = expect_session(observe, &[Seen::Wrote(5), Seen::Read(25)])?;
    expect(route, &read, &[follower(10, 5), follower(30, 20), follower(20, 9)])
}

fn leader(route: Route, observe: Observe) -> Result<(), Failure> {
    let wrote = expect_session(observe, &[Seen::Wrote(50)])?;
    expect(route, &wrote, &[follower(10, 5), follower(49, 20)])?;
    expect(route, &wrote, &[])
}

fn exactly(route: Route, observe: Observe) -> Result<(), Failure> {
    let wrote = expect_session(observe, &[Seen::Wrote(20)])?;
    expect(route, &wrote, &[follower(19, 1), follower(20, 5)])?;
    expect(route, &wrote, &[follower(20, 5), follower(40, 9)])
}

fn old_news(observe: Observe) -> Result<(), Failure> {
    expect_session(observe, &[Seen::Wrote(20), Seen::Wrote(10)])?;
    expect_session(observe, &[Seen::Read(20), Seen::Read(10), Seen::Wrote(3)]).map(|_| ())
}

fn sessions(route: Route, observe: Observe) -> Result<(), Failure> {
    let mut rng = Rng::new(13);
    for _ in 0..2_000 {
        checkpoint();
        let mut latencies = [1, 2, 3, 4];
        rng.shuffle(&mut latencies);
        let followers: Vec<Follower> = latencies.iter().map(|&ms| follower(rng.below(10), ms)).collect();
        let seen: Vec<Seen> = (0..rng.index(4))
            .map(|_| if rng.chance(0.5) { Seen::Wrote(rng.below(10)) } else { Seen::Read(rng.below(10)) })
            .collect();
        expect(route, &expect_session(observe, &seen)?, &followers)?;
    }
    Ok(())
}
