//! Checks the routing of reads to followers that lag.

use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

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

/// Which follower to read from, and what to remember.
type Answer = (fn(&ReadSession, &[Follower]) -> Option<usize>, fn(&mut ReadSession, Seen));
planted!("replication/read_routing");

use Seen::{Read, Wrote};

/// What a client is told, and the followers when it reads next.
type Input = (Vec<Seen>, Vec<Follower>);

const QUESTION: Question<Answer, Input, Option<usize>> = Question {
    // Only where reads go is judged: a session may remember as it likes.
    ask: |(route, observe), (seen, followers)| {
        let mut session = ReadSession::default();
        seen.iter().for_each(|&seen| observe(&mut session, seen));
        route(&session, followers)
    },
    right: |(seen, followers)| {
        let needed = wrote(seen).max(read(seen));
        let able = followers.iter().enumerate().filter(|(_, follower)| follower.position >= needed);
        able.min_by_key(|(_, follower)| follower.latency_ms).map(|(index, _)| index)
    },
    accepts: None,
    same: |one, other| one == other,
    input: |(seen, followers)| {
        let followers: Vec<String> = followers
            .iter()
            .map(|follower| format!("({}, {})", follower.position, follower.latency_ms))
            .collect();
        format!("observe {seen:?}, then route among (position, ms): {}", followers.join(" "))
    },
    output: |index| format!("{index:?}"),
};

/// Checks a router that gives each client read-your-writes and monotonic reads, from the fastest follower.
pub fn read_routing(
    route: fn(&ReadSession, &[Follower]) -> Option<usize>,
    observe: fn(&mut ReadSession, Seen),
) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, (route, observe), MISTAKES)
        .visible("a new client reads from the fastest follower", || {
            vec![input(&[], &[(10, 5), (30, 20), (20, 9)]), input(&[], &[(30, 20), (0, 12), (20, 9)])]
        })
        .visible("after a write, only from followers that have it, and from the fastest of those", || {
            vec![
                input(&[Wrote(15)], &[(10, 5), (30, 20), (20, 9)]),
                input(&[Wrote(15)], &[(14, 1), (16, 30), (40, 40)]),
                input(&[Wrote(15)], &[(16, 30), (50, 12), (40, 8)]),
            ]
        })
        .visible("after a read, never from an older follower", || {
            vec![input(&[Wrote(5), Read(25)], &[(10, 5), (30, 20), (20, 9)])]
        })
        .visible("None, for the leader, when no follower is far enough", || {
            vec![input(&[Wrote(50)], &[(10, 5), (49, 20)]), input(&[Wrote(50)], &[]), input(&[], &[])]
        })
        .hidden("a follower exactly at the place will do", || {
            vec![
                input(&[Wrote(20)], &[(19, 1), (20, 5)]),
                input(&[Wrote(20)], &[(20, 5), (40, 9)]),
                input(&[Read(20)], &[(40, 9), (20, 5)]),
            ]
        })
        .hidden("old news changes nothing", || {
            vec![
                input(&[Wrote(20), Wrote(10)], &[(15, 1), (25, 2)]),
                input(&[Read(20), Read(10), Wrote(3)], &[(15, 1), (25, 2)]),
            ]
        })
        .hidden("a read does not make a write forgotten, nor a write a read", || {
            vec![
                input(&[Wrote(20), Read(10)], &[(15, 1), (25, 2)]),
                input(&[Read(20), Wrote(10)], &[(15, 1), (25, 2)]),
            ]
        })
        .hidden("in random sessions: the fastest of those that may answer", random)
        .described(known::IGNORES_OWN_WRITES, |(seen, followers), _, found| {
            position(followers, *found).is_some_and(|position| position < wrote(seen))
        })
        .described(known::IGNORES_READS, |(seen, followers), _, found| {
            position(followers, *found)
                .is_some_and(|position| wrote(seen) <= position && position < read(seen))
        })
        .described(known::ALWAYS_THE_LEADER, |_, right, found| right.is_some() && found.is_none())
        .finish()
}

fn input(seen: &[Seen], followers: &[(u64, u64)]) -> Input {
    let follower = |&(position, latency_ms): &(u64, u64)| Follower { position, latency_ms };
    (seen.to_vec(), followers.iter().map(follower).collect())
}

/// The place of the newest write.
fn wrote(seen: &[Seen]) -> u64 {
    seen.iter()
        .filter_map(|seen| if let Wrote(place) = seen { Some(*place) } else { None })
        .max()
        .unwrap_or(0)
}

/// The newest place up to which the client has read.
fn read(seen: &[Seen]) -> u64 {
    seen.iter().filter_map(|seen| if let Read(place) = seen { Some(*place) } else { None }).max().unwrap_or(0)
}

/// Where the chosen follower is.
fn position(followers: &[Follower], chosen: Option<usize>) -> Option<u64> {
    followers.get(chosen?).map(|follower| follower.position)
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(13);
    (0..2_000)
        .map(|_| {
            let mut latencies = [1, 2, 3, 4];
            rng.shuffle(&mut latencies);
            let followers: Vec<(u64, u64)> = latencies.iter().map(|&ms| (rng.below(10), ms)).collect();
            let seen: Vec<Seen> = (0..rng.index(4))
                .map(|_| if rng.chance(0.5) { Wrote(rng.below(10)) } else { Read(rng.below(10)) })
                .collect();
            input(&seen, &followers)
        })
        .collect()
}
