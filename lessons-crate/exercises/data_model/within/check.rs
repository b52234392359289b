//! Checks a bounded walk over a graph.

#![expect(clippy::disallowed_methods, reason = "whether a walk goes every path is measured")]

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Failure, Question, Report, planted};

/// Who follows whom, the start and the most steps in; everyone within reach and the fewest steps out.
type Answer = fn(&[(u32, u32)], u32, u32) -> BTreeMap<u32, u32>;
planted!("data_model/within");

/// Edges, start, steps.
type Input = (Vec<(u32, u32)>, u32, u32);

const QUESTION: Question<Answer, Input, BTreeMap<u32, u32>> = Question {
    ask: |within, (edges, start, hops)| within(edges, *start, *hops),
    right: |(edges, start, hops)| right(edges, *start, *hops),
    accepts: None,
    same: |one, other| one == other,
    input: |(edges, start, hops)| {
        let edges = if edges.len() > 12 { format!("{} edges", edges.len()) } else { format!("&{edges:?}") };
        format!("within({edges}, {start}, {hops})")
    },
    output: |steps| format!("{steps:?}"),
};

/// Checks a function that finds everyone within some steps, with the fewest steps to each.
pub fn within(within: Answer) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, within, MISTAKES)
        .visible("a chain is followed as far as allowed, and no further", || {
            each_hops(0..5, &[(9, 1), (1, 2), (2, 3), (3, 4)])
        })
        .visible("an edge is followed in its direction only", || each_hops(3..4, &[(2, 1), (1, 3), (4, 3)]))
        .visible("everyone has the fewest steps", || {
            let detours =
                [(1, 2), (1, 3), (3, 4), (4, 5), (2, 5), (1, 7), (7, 8), (8, 9), (1, 10), (10, 9), (9, 11)];
            each_hops(1..5, &detours)
        })
        .visible("a circle comes to an end", || each_hops(6..7, &[(1, 2), (2, 3), (3, 1)]))
        .hidden("someone without edges is alone", || vec![(vec![(1, 2)], 9, 3), (vec![], 0, 1)])
        .hidden("an edge that is there twice changes nothing", || {
            each_hops(2..3, &[(1, 2), (1, 2), (2, 2), (2, 3)])
        })
        .hidden_property("a million paths to one place are looked at once", move || ladder(within))
        .hidden("it is right for 300 random graphs", random)
        .described(known::STOPS_EARLY, |(edges, start, hops), _, found| {
            (0..*hops).any(|early| *found == right(edges, *start, early))
        })
        .described(known::LONGER_THAN_NEEDED, |(_, start, _), right, found| {
            found.get(start) == Some(&0)
                && found.iter().all(|(who, steps)| right.get(who).is_some_and(|fewest| fewest <= steps))
                && found.iter().any(|(who, steps)| right[who] < *steps)
        })
        .finish()
}

/// The same edges, walked from 1 over so many.
fn each_hops(hops: impl Iterator<Item = u32>, edges: &[(u32, u32)]) -> Vec<Input> {
    hops.map(|hops| (edges.to_vec(), 1, hops)).collect()
}

fn right(edges: &[(u32, u32)], start: u32, hops: u32) -> BTreeMap<u32, u32> {
    let mut steps = BTreeMap::from([(start, 0)]);
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some((from, depth)) = queue.pop_front() {
        if depth == hops {
            continue;
        }
        for (_, to) in edges.iter().filter(|(a, _)| *a == from) {
            if let Entry::Vacant(unseen) = steps.entry(*to) {
                unseen.insert(depth + 1);
                queue.push_back((*to, depth + 1));
            }
        }
    }
    steps
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

fn ladder(within: Answer) -> Result<(), Failure> {
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
        return QUESTION.check(within, &[(diamonds(20), 0, 40)]);
    }
    Err(Failure::new("a few times as long", format!("{ratio:.0} times as long"))
        .input("32 edges with 256 paths, and 64 edges with 65,536 paths")
        .known(known::EVERY_PATH))
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(8);
    let mut inputs = Vec::new();
    for round in 0..300 {
        let people = 2 + round / 40;
        let edges: Vec<(u32, u32)> = (0..rng.below(2 * people))
            .map(|_| (rng.below(people) as u32, rng.below(people) as u32))
            .collect();
        inputs.extend((0..4).map(|hops| (edges.clone(), 0, hops)));
    }
    inputs
}
