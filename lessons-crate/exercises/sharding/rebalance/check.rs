//! Checks how slots are given to nodes when nodes come and go.

use std::collections::{BTreeMap, BTreeSet};

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;
use algorithms::sharding::SlotMap;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

type Rebalance = fn(&[u64], &[u64]) -> Vec<u64>;

/// Checks a function that gives the slots, now at the nodes `owners`, evenly to `nodes` with the fewest moves.
pub fn rebalance(rebalance: fn(&[u64], &[u64]) -> Vec<u64>) -> Report {
    Checker::new(&EXERCISE)
        .visible("a new node gets its share", move || {
            expect(rebalance, &[1, 1, 1, 2, 2, 2], &[1, 2, 3])?;
            expect(rebalance, &[1, 1, 1, 1], &[1, 2])
        })
        .visible("the slots of a node that left go to the others", move || {
            expect(rebalance, &[1, 1, 2, 2, 3, 3], &[1, 2])?;
            expect(rebalance, &[1, 2, 3, 4], &[2, 3])
        })
        .visible("what is even already stays", move || {
            expect(rebalance, &[3, 1, 2, 1, 2, 3], &[1, 2, 3])?;
            expect(rebalance, &[2, 2, 1, 1], &[1, 2])
        })
        .visible("one node replaces another: only its slots move", move || {
            expect(rebalance, &[1, 2, 3, 1, 2, 3], &[1, 3, 4])
        })
        .hidden("when it does not divide evenly, who has more keeps more", move || {
            expect(rebalance, &[1, 2, 2, 2, 3], &[1, 2, 3])?;
            expect(rebalance, &[3, 3, 3, 1, 1, 2, 2], &[1, 2, 3])
        })
        .hidden("more nodes than slots", move || expect(rebalance, &[1, 1, 2], &[1, 2, 3, 4, 5]))
        .hidden("any slots, any nodes", move || random(rebalance))
        .finish()
}

fn expect(rebalance: Rebalance, owners: &[u64], nodes: &[u64]) -> Result<(), Failure> {
    let found = rebalance(owners, nodes);
    let best = best(owners, nodes);
    let moves = |to: &[u64]| owners.iter().zip(to).filter(|(from, to)| from != to).count();
    let counts = |of: &[u64]| -> BTreeMap<u64, usize> {
        nodes.iter().map(|&node| (node, of.iter().filter(|&&owner| owner == node).count())).collect()
    };
    let known: BTreeSet<u64> = nodes.iter().copied().collect();
    let spread = |counts: &BTreeMap<u64, usize>| {
        counts.values().max().unwrap_or(&0) - counts.values().min().unwrap_or(&0)
    };
    let now = counts(&found);
    let failed = if found.len() != owners.len() {
        Some((
            format!("{} slots, as before", owners.len()),
            format!("{} slots: {found:?}", found.len()),
            Some(("loses-slots", "Every slot needs an owner: the answer is as long as `owners`.")),
        ))
    } else if let Some(stranger) = found.iter().find(|owner| !known.contains(owner)) {
        Some((
            "every slot on one of the nodes".to_owned(),
            format!("a slot on {stranger}: {found:?}"),
            Some((
                "node-is-gone",
                "A slot is left on a node that is not there any more: its keys have no owner.",
            )),
        ))
    } else if spread(&now) > 1 {
        let each = owners.len() / nodes.len();
        let before = counts(owners);
        let diagnosis = if now.iter().all(|(node, &count)| count >= before[node])
            && before.values().any(|&n| n > each + usize::from(!owners.len().is_multiple_of(nodes.len())))
        {
            Some((
                "nobody-gives",
                "Homeless slots are placed, but a node that has more than its quota must give some too.",
            ))
        } else if now.values().filter(|&&count| count == each).count() + 1 == nodes.len() {
            Some((
                "remainder-in-one-place",
                "The slots that are left over after an even division go to different nodes, one each.",
            ))
        } else if now.values().all(|&count| count <= each + 1) {
            Some((
                "quota-rounded-up",
                "With every quota rounded up, the last nodes get what is left, perhaps nothing: only `slots % nodes` nodes may have one more.",
            ))
        } else {
            None
        };
        Some(("counts that differ by 1 at most".to_owned(), format!("{now:?}"), diagnosis))
    } else if moves(&found) > moves(&best) {
        let stayed: BTreeSet<u64> = owners.iter().copied().filter(|owner| known.contains(owner)).collect();
        let swapped = owners.iter().zip(&found).any(|(from, to)| {
            // It gave a slot away and took another.
            from != to
                && known.contains(from)
                && owners.iter().zip(&found).any(|(other, new)| other != new && new == from)
        });
        let from_scratch = found.iter().enumerate().all(|(slot, &owner)| owner == nodes[slot % nodes.len()])
            || found.windows(2).all(|pair| pair[0] <= pair[1]);
        let diagnosis = if from_scratch {
            Some((
                "from-scratch",
                "The answer does not look at who has a slot now, so nearly everything moves: keep each slot where it is as long as its node may have it.",
            ))
        } else if swapped {
            Some((
                "swaps",
                "A node gives slots away and gets others: only who is above its quota gives, only who is below gets.",
            ))
        } else if stayed.len() > 1 {
            Some((
                "wrong-node-gets-more",
                "When it does not divide evenly some nodes have one more: if those have it that have most already, fewer slots move.",
            ))
        } else {
            None
        };
        Some((
            format!("{} moves, as {best:?}", moves(&best)),
            format!("{} moves: {found:?}", moves(&found)),
            diagnosis,
        ))
    } else if rebalance(owners, nodes) != found {
        Some((
            "the same answer for the same question".to_owned(),
            "two answers".to_owned(),
            Some((
                "not-the-same-twice",
                "Two routers that compute it must agree: no hash map's order, no randomness.",
            )),
        ))
    } else {
        None
    };
    match failed {
        None => Ok(()),
        Some((expected, found, diagnosis)) => Err(Failure::new(expected, found)
            .input(format!("owners {owners:?}, nodes {nodes:?}"))
            .maybe_diagnosis(diagnosis.map(|(key, message)| (key, message.to_owned())))),
    }
}

/// One answer with the fewest moves.
fn best(owners: &[u64], nodes: &[u64]) -> Vec<u64> {
    let mut map = SlotMap::new(owners.len(), nodes);
    owners.iter().enumerate().for_each(|(slot, &owner)| map.assign(slot, owner));
    map.rebalance(nodes);
    map.owners().to_vec()
}

fn random(rebalance: Rebalance) -> Result<(), Failure> {
    let mut rng = Rng::new(12);
    for round in 0..600 {
        checkpoint();
        let slots = 1 + rng.index(if round < 300 { 8 } else { 64 });
        let owners: Vec<u64> = (0..slots).map(|_| rng.below(6)).collect();
        let mut all: Vec<u64> = (0..8).collect();
        rng.shuffle(&mut all);
        let count = 1 + rng.index(6);
        let nodes: BTreeSet<u64> = all.into_iter().take(count).collect();
        expect(rebalance, &owners, &nodes.into_iter().collect::<Vec<_>>())?;
    }
    Ok(())
}
