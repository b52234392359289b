//! Checks a hash ring.

use algorithms::interrupt::checkpoint;

use super::{EXERCISE, known};
use crate::{Checker, Failure, Report};

/// Consistent hashing on a ring, as the exercise asks for it.
pub trait RingExercise: 'static {
    /// An empty ring, on which each node will stand at `virtual_nodes` points.
    fn new(virtual_nodes: usize) -> Self
    where
        Self: Sized;
    /// Adds a node; one that is there stays as it is.
    fn add(&mut self, node: &str);
    /// Removes a node with all its points; nothing happens when it is not there.
    fn remove(&mut self, node: &str);
    /// The node of a key; none when the ring is empty.
    fn node(&self, key: &str) -> Option<&str>;
}

/// Checks a learner's hash ring.
pub fn hash_ring<T: RingExercise>() -> Report {
    check(|virtual_nodes| Box::new(T::new(virtual_nodes)))
}

type Make = fn(usize) -> Box<dyn RingExercise>;

fn check(make: Make) -> Report {
    Checker::new(&EXERCISE)
        .visible("an empty ring has no node, one node gets every key", move || small_rings(make))
        .visible("when a node leaves, only its keys move", move || leaving_moves_its_keys(make))
        .visible("when a node comes, keys move only to it", move || coming_takes_keys(make))
        .visible("with 200 virtual nodes the shares are near the mean", move || shares_are_even(make))
        .hidden("the order in which nodes came does not matter", move || order_is_irrelevant(make))
        .hidden("a removed node gets no key", move || removed_gets_nothing(make))
        .hidden("a node that is added twice is still one node", move || twice_is_once(make))
        .finish()
}

const KEYS: usize = 5_000;

fn name(node: usize) -> String {
    format!("node-{node}")
}

fn ring(make: Make, virtual_nodes: usize, nodes: impl IntoIterator<Item = usize>) -> Box<dyn RingExercise> {
    let mut ring = make(virtual_nodes);
    for node in nodes {
        ring.add(&name(node));
    }
    ring
}

/// The node of each test key; an answer of none is a failure.
fn owners(ring: &dyn RingExercise, input: &str) -> Result<Vec<String>, Failure> {
    let owner = |key: usize| {
        checkpoint();
        ring.node(&format!("user:{key}")).map(str::to_owned)
    };
    let found: Vec<Option<String>> = (0..KEYS).map(owner).collect();
    let Some(key) = found.iter().position(Option::is_none) else {
        return Ok(found.into_iter().flatten().collect());
    };
    let failure = Failure::new("a node for every key", format!("None for \"user:{key}\"")).input(input);
    let some = found.iter().any(Option::is_some);
    Err(if some { failure.known(known::NO_WRAPAROUND) } else { failure })
}

fn small_rings(make: Make) -> Result<(), Failure> {
    if let Some(node) = make(10).node("key") {
        return Err(Failure::new("None", format!("Some({node:?})")).input("an empty ring"));
    }
    let one = owners(ring(make, 10, [7]).as_ref(), "new(10), add(\"node-7\")")?;
    match one.into_iter().find(|owner| owner != "node-7") {
        None => Ok(()),
        Some(other) => Err(Failure::new("node-7 for every key", other).input("new(10), add(\"node-7\")")),
    }
}

/// The first key whose move was not needed, and how many keys moved.
fn moves(before: &[String], after: &[String], needed: impl Fn(&str, &str) -> bool) -> (Option<usize>, usize) {
    let changed = |&key: &usize| before[key] != after[key];
    let unneeded = (0..KEYS).filter(changed).find(|&key| !needed(&before[key], &after[key]));
    (unneeded, (0..KEYS).filter(changed).count())
}

fn unneeded_move(before: &str, after: &str, key: usize, moved: usize, input: &str) -> Failure {
    let failure = Failure::new(
        format!("user:{key} stays at {before}"),
        format!("it moves to {after}; {moved} of {KEYS} keys move"),
    )
    .input(input);
    if moved > KEYS / 2 {
        return failure.known(known::MODULO_INSTEAD_OF_RING);
    }
    failure.known(known::POINTS_DEPEND_ON_OTHERS)
}

fn leaving_moves_its_keys(make: Make) -> Result<(), Failure> {
    for (nodes, virtual_nodes) in [(3, 1), (5, 20), (12, 100)] {
        // Of twelve nodes the name of one is the beginning of two others.
        for leaving in [0, 1, nodes - 1] {
            let input = format!("new({virtual_nodes}), {nodes} nodes, remove(\"node-{leaving}\")");
            let mut ring = ring(make, virtual_nodes, 0..nodes);
            let before = owners(ring.as_ref(), &input)?;
            ring.remove(&name(leaving));
            let after = owners(ring.as_ref(), &input)?;
            let (unneeded, moved) = moves(&before, &after, |from, _| from == name(leaving));
            if let Some(key) = unneeded {
                return Err(unneeded_move(&before[key], &after[key], key, moved, &input));
            }
        }
    }
    Ok(())
}

fn coming_takes_keys(make: Make) -> Result<(), Failure> {
    for (nodes, virtual_nodes) in [(3, 1), (5, 20), (10, 100)] {
        let input = format!("new({virtual_nodes}), {nodes} nodes, add(\"node-{nodes}\")");
        let mut ring = ring(make, virtual_nodes, 0..nodes);
        let before = owners(ring.as_ref(), &input)?;
        ring.add(&name(nodes));
        let after = owners(ring.as_ref(), &input)?;
        let (unneeded, moved) = moves(&before, &after, |_, to| to == name(nodes));
        if let Some(key) = unneeded {
            return Err(unneeded_move(&before[key], &after[key], key, moved, &input));
        }
    }
    Ok(())
}

fn share(owners: &[String], node: usize) -> f64 {
    owners.iter().filter(|owner| **owner == name(node)).count() as f64 / KEYS as f64
}

fn shares_are_even(make: Make) -> Result<(), Failure> {
    const NODES: usize = 10;
    let input = format!("new(200), {NODES} nodes, {KEYS} keys");
    let owners = owners(ring(make, 200, 0..NODES).as_ref(), &input)?;
    let ratio = |node| share(&owners, node) * NODES as f64;
    let (least, most) = (0..NODES).map(ratio).fold((f64::INFINITY, 0.0f64), |(l, m), r| (l.min(r), m.max(r)));
    // The standard deviation of a share is about 1/√200 of the mean, with 5,000 keys 8%: four of them.
    if least > 0.6 && most < 1.4 {
        return Ok(());
    }
    let failure =
        Failure::new("shares from 0.6 to 1.4 times the mean", format!("{least:.2} to {most:.2} times"))
            .input(input);
    // With one point for each of ten nodes the largest share is three times the mean, and rarely five times.
    Err(if most < 6.0 { failure.known(known::ONE_POINT_PER_NODE) } else { failure })
}

fn order_is_irrelevant(make: Make) -> Result<(), Failure> {
    let input = "new(50), nodes 0 to 11 in this order and in reverse";
    let forward = owners(ring(make, 50, 0..12).as_ref(), input)?;
    let backward = owners(ring(make, 50, (0..12).rev()).as_ref(), input)?;
    let mut differ = (0..KEYS).filter(|&key| forward[key] != backward[key]);
    let Some(key) = differ.next() else { return Ok(()) };
    let failure = Failure::new(format!("user:{key} at {}", forward[key]), backward[key].clone()).input(input);
    let few = differ.count() < KEYS / 10;
    Err(failure.known(if few { known::POINTS_COLLIDE } else { known::NOT_DETERMINISTIC }))
}

fn removed_gets_nothing(make: Make) -> Result<(), Failure> {
    let input = "new(20), 5 nodes, remove(\"node-2\")";
    let mut ring = ring(make, 20, 0..5);
    ring.remove(&name(2));
    // Not there: nothing happens.
    ring.remove("node-99");
    let share = share(&owners(ring.as_ref(), input)?, 2);
    if share == 0.0 {
        return Ok(());
    }
    Err(Failure::new("no key at node-2", format!("{:.1}% of the keys", 100.0 * share))
        .input(input)
        .known(known::GHOST_POINTS))
}

fn twice_is_once(make: Make) -> Result<(), Failure> {
    let input = "new(20), 5 nodes, add(\"node-2\") again, remove(\"node-2\")";
    let once = owners(ring(make, 20, 0..5).as_ref(), input)?;
    let mut twice = ring(make, 20, [0, 1, 2, 3, 4, 2]);
    let failure = |expected: String, found: String| {
        Failure::new(expected, found).input(input).known(known::ADDED_TWICE)
    };
    let again = owners(twice.as_ref(), input)?;
    if let Some(key) = (0..KEYS).find(|&key| once[key] != again[key]) {
        return Err(failure(format!("user:{key} stays at {}", once[key]), again[key].clone()));
    }
    twice.remove(&name(2));
    let share = share(&owners(twice.as_ref(), input)?, 2);
    if share == 0.0 {
        return Ok(());
    }
    Err(failure("no key at node-2".into(), format!("{:.1}% of the keys", 100.0 * share)))
}
