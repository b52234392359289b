//! The laws of merging, on copies that were changed and merged at random; and naive twins.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const NODES: usize = 3;

/// What happens to the copies, one step after the other.
#[derive(Clone, Debug)]
enum Step {
    /// A node changes its copy: which element or amount, and whether it adds.
    Change { node: usize, what: u8, adds: bool },
    /// A node learns what another knows.
    Merge { to: usize, from: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let change = (0..NODES, 0..4_u8, prop::bool::weighted(0.65))
        .prop_map(|(node, what, adds)| Step::Change { node, what, adds });
    let merge = (0..NODES, 0..NODES).prop_map(|(to, from)| Step::Merge { to, from });
    prop::collection::vec(prop_oneof![3 => change, 2 => merge], 0..30)
}

/// Plays the steps on one copy per node.
fn play<C: Crdt>(start: &C, steps: &[Step], change: impl Fn(&mut C, usize, u8, bool, usize)) -> Vec<C> {
    let mut copies = vec![start.clone(); NODES];
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Change { node, what, adds } => change(&mut copies[node], node, what, adds, number),
            Step::Merge { to, from } => {
                let other = copies[from].clone();
                copies[to].merge(&other);
            }
        }
    }
    copies
}

fn merged<C: Crdt>(a: &C, b: &C) -> C {
    let mut both = a.clone();
    both.merge(b);
    both
}

fn check_laws<C: Crdt + std::fmt::Debug>(copies: &[C]) {
    let [a, b, c] = [0, 1, 2].map(|i| &copies[i]);
    assert_eq!(merged(a, b), merged(b, a), "commutative");
    assert_eq!(merged(&merged(a, b), c), merged(a, &merged(b, c)), "associative");
    assert_eq!(merged(a, a), *a, "idempotent");
    assert_eq!(merged(&merged(a, b), b), merged(a, b), "hearing it again changes nothing");
}

proptest! {
    #[test]
    fn counters_count_every_change_once(steps in steps()) {
        let copies = play(&PnCounter::new(), &steps, |counter, node, what, adds, _| {
            if adds { counter.add(node, u64::from(what)) } else { counter.subtract(node, u64::from(what)) }
        });
        check_laws(&copies);
        let naive: i64 = steps.iter().map(|step| match step {
            Step::Change { what, adds, .. } => if *adds { i64::from(*what) } else { -i64::from(*what) },
            Step::Merge { .. } => 0,
        }).sum();
        prop_assert_eq!(merged(&merged(&copies[0], &copies[1]), &copies[2]).value(), naive);
    }

    #[test]
    fn the_last_writer_wins(steps in steps()) {
        let copies = play(&LwwRegister::new(), &steps, |register, node, what, _, number| {
            register.set(what, Duration::from_millis(number as u64), node);
        });
        check_laws(&copies);
        let last = steps.iter().rev().find_map(|step| match step {
            Step::Change { what, .. } => Some(*what),
            Step::Merge { .. } => None,
        });
        prop_assert_eq!(merged(&merged(&copies[0], &copies[1]), &copies[2]).get().copied(), last);
    }

    /// Against a twin that keeps for each write the set of writes that it replaced.
    #[test]
    fn siblings_are_the_writes_that_no_write_has_seen(steps in steps()) {
        let copies = play(&MvRegister::new(), &steps, |register, node, _, _, number| register.set(number, node));
        check_laws(&copies);
        let (mut known, mut replaced) = (vec![BTreeSet::new(); NODES], BTreeSet::new());
        for (number, step) in steps.iter().enumerate() {
            match *step {
                Step::Change { node, .. } => {
                    replaced.extend(known[node].iter().copied());
                    known[node].insert(number);
                }
                Step::Merge { to, from } => {
                    let other = known[from].clone();
                    known[to].extend(other);
                }
            }
        }
        let all: BTreeSet<usize> = known.into_iter().flatten().collect();
        let expected: BTreeSet<usize> = all.difference(&replaced).copied().collect();
        let found = merged(&merged(&copies[0], &copies[1]), &copies[2]);
        let found: BTreeSet<usize> = found.values().into_iter().copied().collect();
        prop_assert_eq!(found, expected);
    }

    /// Against the set with tombstones of the specification.
    #[test]
    fn the_set_agrees_with_one_that_keeps_tombstones(steps in steps()) {
        let copies = play(&OrSet::new(), &steps, |set, node, what, adds, _| {
            if adds { set.add(what, node) } else { set.remove(&what) }
        });
        check_laws(&copies);
        // Additions as (element, step), and those that were removed.
        let mut naive = vec![(BTreeSet::<(u8, usize)>::new(), BTreeSet::<(u8, usize)>::new()); NODES];
        for (number, step) in steps.iter().enumerate() {
            match *step {
                Step::Change { node, what, adds: true } => {
                    naive[node].0.insert((what, number));
                }
                Step::Change { node, what, .. } => {
                    let (added, removed) = &mut naive[node];
                    removed.extend(added.iter().filter(|(element, _)| *element == what).copied());
                }
                Step::Merge { to, from } => {
                    let (added, removed) = naive[from].clone();
                    naive[to].0.extend(added);
                    naive[to].1.extend(removed);
                }
            }
        }
        for (copy, (added, removed)) in copies.iter().zip(&naive) {
            let expected: BTreeSet<u8> = added.difference(removed).map(|(element, _)| *element).collect();
            prop_assert_eq!(copy.iter().copied().collect::<BTreeSet<u8>>(), expected);
        }
    }
}

#[test]
fn a_removed_element_leaves_nothing_behind_and_does_not_come_back() {
    let mut set = OrSet::new();
    let mut old = OrSet::new();
    for round in 0..1_000 {
        set.add(round % 7, 0);
        old = set.clone();
        set.remove(&(round % 7));
    }
    assert!(set.is_empty());
    set.merge(&old); // A copy from before the removal.
    assert!(set.is_empty());
    assert_eq!(set.to_string(), "{}");
}
