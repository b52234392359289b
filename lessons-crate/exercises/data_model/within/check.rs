//! Checks a bounded walk over a graph.

#![expect(clippy::disallowed_methods, reason = "whether a walk goes every path is measured")]

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// Who follows whom, the start and the most steps in; everyone within reach and the fewest steps out.
type Within = fn(&[(u32, u32)], u32, u32) -> BTreeMap<u32, u32>;

/// Checks a function that finds everyone within some steps, with the fewest steps to each.
pub fn within(within: Within) -> Report {
    Checker::new(&EXERCISE)
        .visible("a chain is followed as far as allowed, and no further", move || {
            // Three steps come before one, after which most mistakes still look alike.
            [0, 3, 1, 2, 4].into_iter().try_for_each(|hops| check(within, &CHAIN, 1, hops))
        })
        .visible("an edge is followed in its direction only", move || {
            check(within, &[(2, 1), (1, 3), (4, 3)], 1, 3)
        })
        .visible("everyone has the fewest steps", move || {
            let edges =
                [(1, 2), (1, 3), (3, 4), (4, 5), (2, 5), (1, 7), (7, 8), (8, 9), (1, 10), (10, 9), (9, 11)];
            (1..5).try_for_each(|hops| check(within, &edges, 1, hops))
        })
        .visible("a circle comes to an end", move || check(within, &[(1, 2), (2, 3), (3, 1)], 1, 6))
        .hidden("someone without edges is alone", move || check(within, &[(1, 2)], 9, 3))
        .hidden("an edge that is there twice changes nothing", move || {
            check(within, &[(1, 2), (1, 2), (2, 2), (2, 3)], 1, 2)
        })
        .hidden("a million paths to one place are looked at once", move || ladder(within))
        .hidden("it is right for 300 random graphs", move || random(within))
        .finish()
}

/// Someone follows 1, who follows 2, and so on.
const CHAIN: [(u32, u32); 4] = [(9, 1), (1, 2), (2, 3), (3, 4)];

/// Which edges a walk may follow from someone.
type Follow = fn(&(u32, u32), u32) -> Option<u32>;

fn forth(edge: &(u32, u32), from: u32) -> Option<u32> {
    (edge.0 == from).then_some(edge.1)
}

fn back(edge: &(u32, u32), from: u32) -> Option<u32> {
    (edge.1 == from).then_some(edge.0)
}

fn both_ways(edge: &(u32, u32), from: u32) -> Option<u32> {
    forth(edge, from).or_else(|| back(edge, from))
}

fn right(edges: &[(u32, u32)], start: u32, hops: u32, follow: Follow) -> BTreeMap<u32, u32> {
    let mut steps = BTreeMap::from([(start, 0)]);
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some((from, depth)) = queue.pop_front() {
        if depth == hops {
            continue;
        }
        for to in edges.iter().filter_map(|edge| follow(edge, from)) {
            if let Entry::Vacant(unseen) = steps.entry(to) {
                unseen.insert(depth + 1);
                queue.push_back((to, depth + 1));
            }
        }
    }
    steps
}

/// As if each visit wrote down its steps, over those of an earlier one.
fn last_visits(edges: &[(u32, u32)], start: u32, hops: u32) -> BTreeMap<u32, u32> {
    let mut steps = BTreeMap::from([(start, 0)]);
    let mut near = BTreeSet::from([start]);
    for step in 1..=hops {
        near = edges.iter().filter(|(from, _)| near.contains(from)).map(|(_, to)| *to).collect();
        steps.extend(near.iter().map(|to| (*to, step)));
    }
    steps
}

fn check(within: Within, edges: &[(u32, u32)], start: u32, hops: u32) -> Result<(), Failure> {
    checkpoint();
    let (expected, found) = (right(edges, start, hops, forth), within(edges, start, hops));
    if found == expected {
        return Ok(());
    }
    let input = if edges.len() > 12 { format!("{} edges", edges.len()) } else { format!("&{edges:?}") };
    Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input(format!("within({input}, {start}, {hops})"))
        .maybe_diagnosis(diagnose(edges, start, hops, &expected, &found)))
}

fn diagnose(
    edges: &[(u32, u32)],
    start: u32,
    hops: u32,
    expected: &BTreeMap<u32, u32>,
    found: &BTreeMap<u32, u32>,
) -> Option<(&'static str, String)> {
    let mut alone = expected.clone();
    alone.remove(&start);
    let stops = (0..hops.saturating_sub(1)).find(|early| *found == right(edges, start, *early, forth));
    let later = |(who, steps): (&u32, &u32)| expected.get(who).is_some_and(|fewest| fewest < steps);
    let (key, message) = if *found == alone {
        (
            "start-left-out",
            "The start is within 0 steps of itself: put it in with 0 before you look at edges.",
        )
    } else if *found == right(edges, start, hops + 1, forth) {
        (
            "one-step-too-far",
            "Whoever is `hops` steps away is in, and nobody follows their edges: check the depth before you go on.",
        )
    } else if hops > 0 && *found == right(edges, start, hops - 1, forth) {
        ("one-step-short", "You stop one step early: those exactly `hops` steps away are in.")
    } else if *found == right(edges, start, hops, both_ways) {
        ("direction-ignored", "(a, b) says that a follows b. From b it leads nowhere.")
    } else if *found == right(edges, start, hops, back) {
        (
            "direction-reversed",
            "(a, b) says that a follows b: a walk that is at a goes on to b, and not the other way.",
        )
    } else if stops.is_some() {
        (
            "stops-early",
            "The walk ends before it has gone `hops` steps: ask everyone whom you find for their edges in turn, until they are `hops` steps away.",
        )
    } else if *found == last_visits(edges, start, hops) {
        (
            "later-visit-wins",
            "You write down the steps again each time you come by, so a longer way replaces a shorter one: only the first visit counts.",
        )
    } else if found.iter().any(later) || found.len() < expected.len() {
        (
            "not-the-fewest",
            "Someone was first reached by a long way, and then the short way came too late. Go breadth first: everyone at 1 step, then everyone at 2. A queue does that, a stack or recursion does not.",
        )
    } else {
        return None;
    };
    Some((key, message.to_owned()))
}

/// Diamonds in a row: 2^count paths to the last place, over four times as many edges as diamonds.
fn diamonds(count: u32) -> Vec<(u32, u32)> {
    let diamond =
        |i: u32| [(3 * i, 3 * i + 1), (3 * i, 3 * i + 2), (3 * i + 1, 3 * i + 3), (3 * i + 2, 3 * i + 3)];
    (0..count).flat_map(diamond).collect()
}

/// How much longer 16 diamonds may take than 8. One who looks at all edges for each person takes 4 times as long, one
/// who goes every path 500 times.
const SLOWER: f64 = 50.0;

fn ladder(within: Within) -> Result<(), Failure> {
    // The fastest of some runs, because another program may have been running.
    let fastest = |count: u32| {
        let edges = diamonds(count);
        let runs = (0..4).map(|_| {
            checkpoint();
            let started = Instant::now();
            within(&edges, 0, 2 * count);
            started.elapsed()
        });
        runs.min().unwrap_or_default().max(Duration::from_micros(1))
    };
    let [short, long] = [8, 16].map(fastest);
    let ratio = long.as_secs_f64() / short.as_secs_f64();
    if ratio < SLOWER {
        return check(within, &diamonds(20), 0, 40);
    }
    Err(Failure::new("a few times as long", format!("{ratio:.0} times as long"))
        .input("32 edges with 256 paths, and 64 edges with 65,536 paths")
        .diagnosis(
            "every-path",
            "The answers are right, and the time doubles with every other way to the same person: whoever has steps already has been asked for their edges, so do not put them in the queue again.",
        ))
}

fn random(within: Within) -> Result<(), Failure> {
    let mut rng = Rng::new(8);
    for round in 0..300 {
        let people = 2 + round / 40;
        let edges: Vec<(u32, u32)> = (0..rng.below(2 * people))
            .map(|_| (rng.below(people) as u32, rng.below(people) as u32))
            .collect();
        for hops in 0..4 {
            check(within, &edges, 0, hops)?;
        }
    }
    Ok(())
}
