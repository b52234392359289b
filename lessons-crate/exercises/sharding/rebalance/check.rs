//! Checks how slots are given to nodes when nodes come and go.

use std::collections::{BTreeMap, BTreeSet};

use algorithms::rng::Rng;
use algorithms::sharding::SlotMap;

use super::{EXERCISE, known};
use crate::{Comparison, Failure, Question, Report, planted};

/// The owners of slots and the nodes that are to share them in; new owners out.
type Answer = fn(&[u64], &[u64]) -> Vec<u64>;
planted!("sharding/rebalance");

type Input = (Vec<u64>, Vec<u64>);

const QUESTION: Question<Answer, Input, Vec<u64>> = Question {
    ask: |rebalance, (owners, nodes)| rebalance(owners, nodes),
    right: |(owners, nodes)| {
        if owners.is_empty() {
            return Vec::new();
        }
        let mut map = SlotMap::new(owners.len(), nodes);
        owners.iter().enumerate().for_each(|(slot, &owner)| map.assign(slot, owner));
        map.rebalance(nodes);
        map.owners().to_vec()
    },
    accepts: Some(|input, found| {
        found.len() == input.0.len()
            && !has_strangers(input, found)
            && spread(input, found) <= 1
            && moves(input, found) == moves(input, &(QUESTION.right)(input))
    }),
    same: |one, other| one == other,
    input: |(owners, nodes)| format!("rebalance(&{owners:?}, &{nodes:?})"),
    output: |owners| format!("{owners:?}"),
};

/// Checks a function that gives the slots, now at the nodes `owners`, evenly to `nodes` with the fewest moves.
pub fn rebalance(rebalance: fn(&[u64], &[u64]) -> Vec<u64>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, rebalance, MISTAKES)
        .visible("a new node gets its share", || {
            vec![input(&[1, 1, 1, 2, 2, 2], &[1, 2, 3]), input(&[1, 1, 1, 1], &[1, 2])]
        })
        .visible("the slots of a node that left go to the others", || {
            vec![input(&[1, 1, 2, 2, 3, 3], &[1, 2]), input(&[1, 2, 3, 4], &[2, 3])]
        })
        .visible("what is even already stays", || {
            vec![input(&[3, 1, 2, 1, 2, 3], &[1, 2, 3]), input(&[2, 2, 1, 1], &[1, 2])]
        })
        .visible("one node replaces another: only its slots move", || {
            vec![input(&[1, 2, 3, 1, 2, 3], &[1, 3, 4])]
        })
        .hidden("when it does not divide evenly, who has more keeps more", || {
            vec![input(&[1, 2, 2, 2, 3], &[1, 2, 3]), input(&[3, 3, 3, 1, 1, 2, 2], &[1, 2, 3])]
        })
        .hidden("more nodes than slots, and no slot at all", || {
            vec![input(&[1, 1, 2], &[1, 2, 3, 4, 5]), input(&[], &[1, 2]), input(&[7, 7], &[3])]
        })
        .hidden("any slots, any nodes", random)
        .hidden_property("the same answer for the same question", move || repeats(rebalance))
        .described(known::LOSES_SLOTS, |(owners, _), _, found| found.len() != owners.len())
        .described(known::NODE_IS_GONE, |input, _, found| has_strangers(input, found))
        .described(known::UNEVEN, |input, _, found| spread(input, found) > 1)
        .described(known::SWAPS, |input, _, found| swaps(input, found))
        // Even, and no node both gives and takes: the larger quotas are at the wrong nodes.
        .described(known::WRONG_NODE_GETS_MORE, |input, right, found| {
            moves(input, found) > moves(input, right)
        })
        .finish()
}

fn input(owners: &[u64], nodes: &[u64]) -> Input {
    (owners.to_vec(), nodes.to_vec())
}

fn moves((owners, _): &Input, to: &[u64]) -> usize {
    owners.iter().zip(to).filter(|(from, to)| from != to).count()
}

fn has_strangers((_, nodes): &Input, found: &[u64]) -> bool {
    found.iter().any(|owner| !nodes.contains(owner))
}

/// By how many slots the nodes differ at most.
fn spread((_, nodes): &Input, found: &[u64]) -> usize {
    let mut counts: BTreeMap<u64, usize> = nodes.iter().map(|&node| (node, 0)).collect();
    found.iter().for_each(|owner| *counts.entry(*owner).or_default() += 1);
    counts.values().max().unwrap_or(&0) - counts.values().min().unwrap_or(&0)
}

/// Whether a node gives slots away and takes others.
fn swaps((owners, nodes): &Input, found: &[u64]) -> bool {
    let moved = || owners.iter().zip(found).filter(|(from, to)| from != to);
    moved().any(|(from, _)| nodes.contains(from) && moved().any(|(_, to)| from == to))
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(12);
    (0..600)
        .map(|round| {
            let slots = 1 + rng.index(if round < 300 { 8 } else { 64 });
            let owners: Vec<u64> = (0..slots).map(|_| rng.below(6)).collect();
            let mut all: Vec<u64> = (0..8).collect();
            rng.shuffle(&mut all);
            let count = 1 + rng.index(6);
            all.truncate(count);
            // In any order every other time.
            if round % 2 == 0 {
                all.sort_unstable();
            }
            (owners, all)
        })
        .collect()
}

/// Several times, because a hash map's order is the same now and then.
fn repeats(rebalance: Answer) -> Result<(), Failure> {
    let (owners, nodes) = input(&[1, 1, 1, 1, 9, 9, 9, 9, 8, 8, 8, 8], &[1, 2, 3, 4, 5, 6]);
    let answers: BTreeSet<Vec<u64>> = (0..10).map(|_| rebalance(&owners, &nodes)).collect();
    if answers.len() == 1 {
        return Ok(());
    }
    Err(Failure::new("one answer, ten times", format!("{} different answers", answers.len()))
        .input((QUESTION.input)(&(owners, nodes)))
        .known(known::NOT_THE_SAME_TWICE))
}
