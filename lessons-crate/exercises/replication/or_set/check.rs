//! Checks a set that several nodes change apart.

use algorithms::crdt::{Crdt, OrSet};
use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// A set of which each node has a copy; copies are merged whole.
pub trait OrSetExercise: Clone + 'static {
    /// The empty copy of this node.
    fn new(node: usize) -> Self;
    /// Adds an element.
    fn add(&mut self, element: &str);
    /// Removes an element, as far as this copy has seen it.
    fn remove(&mut self, element: &str);
    /// Whether the element is in the set.
    fn contains(&self, element: &str) -> bool;
    /// Learns all that the other copy knows.
    fn merge(&mut self, other: &Self);
}

/// Checks a learner's observed-remove set.
pub fn or_set<S: OrSetExercise>() -> Report {
    Checker::new(&EXERCISE)
        .visible("one copy: added, removed, added again", again::<S>)
        .visible("merged copies have the elements of both", both::<S>)
        .visible("a removal reaches the other copies", removal_spreads::<S>)
        .visible("an addition wins over a concurrent removal", addition_wins::<S>)
        .hidden("an old copy does not bring a removed element back", old_copy::<S>)
        .hidden("additions of two nodes are told apart", two_additions::<S>)
        .hidden("whatever happens, all copies come to the same, and to the right, set", random::<S>)
        .finish()
}

fn expect<S: OrSetExercise>(
    set: &S,
    element: &str,
    expected: bool,
    input: &str,
    diagnosis: (&'static str, &str),
) -> Result<(), Failure> {
    if set.contains(element) == expected {
        return Ok(());
    }
    let words = |is: bool| format!("{element} is {}in the set", if is { "" } else { "not " });
    Err(Failure::new(words(expected), words(!expected)).input(input).diagnosis(diagnosis.0, diagnosis.1))
}

fn again<S: OrSetExercise>() -> Result<(), Failure> {
    let mut set = S::new(0);
    let wrong = ("not-a-set", "On one copy alone it is an ordinary set.");
    expect(&set, "milk", false, "nothing happened", wrong)?;
    set.add("milk");
    expect(&set, "milk", true, "add milk", wrong)?;
    set.remove("milk");
    expect(&set, "milk", false, "add milk; remove milk", wrong)?;
    set.add("milk");
    expect(
        &set,
        "milk",
        true,
        "add milk; remove milk; add milk",
        (
            "cannot-add-again",
            "A list of removed elements bans them for ever. Remember removed *additions*, each of which has its own tag: a new addition has a new one.",
        ),
    )
}

fn both<S: OrSetExercise>() -> Result<(), Failure> {
    let (mut a, mut b) = (S::new(0), S::new(1));
    a.add("milk");
    b.add("bread");
    a.merge(&b);
    let wrong = (
        "loses-additions",
        "An addition that the other copy does not have yet is news, not a removal: only what the other copy has seen and dropped goes.",
    );
    expect(&a, "milk", true, "0: add milk; 1: add bread; 0 merges 1", wrong)?;
    expect(&a, "bread", true, "0: add milk; 1: add bread; 0 merges 1", wrong)
}

fn removal_spreads<S: OrSetExercise>() -> Result<(), Failure> {
    let (mut a, mut b) = (S::new(0), S::new(1));
    a.add("milk");
    b.merge(&a);
    b.remove("milk");
    a.merge(&b);
    expect(
        &a,
        "milk",
        false,
        "0: add milk; 1 merges 0; 1: remove milk; 0 merges 1",
        (
            "comes-back",
            "A copy that still has the element looks like one that has just added it: a removal must leave a trace, of which additions it has seen.",
        ),
    )
}

fn addition_wins<S: OrSetExercise>() -> Result<(), Failure> {
    for removes_twice in [false, true] {
        let (mut a, mut b) = (S::new(0), S::new(1));
        a.add("milk");
        b.merge(&a);
        b.remove("milk");
        if removes_twice {
            b.add("milk");
            b.remove("milk");
        }
        a.add("milk");
        let (before_a, before_b) = (a.clone(), b.clone());
        a.merge(&before_b);
        b.merge(&before_a);
        let wrong = (
            "removal-wins",
            "The removal has not seen the second addition, so it does not concern it. A counter or a clock cannot tell this: only the tags that were seen can.",
        );
        let input = "0: add milk; 1 merges 0; 1: remove milk; meanwhile 0: add milk; both merge";
        expect(&a, "milk", true, input, wrong)?;
        expect(&b, "milk", true, input, wrong)?;
    }
    Ok(())
}

fn old_copy<S: OrSetExercise>() -> Result<(), Failure> {
    let mut a = S::new(0);
    a.add("milk");
    let old = a.clone();
    a.remove("milk");
    a.merge(&old);
    expect(
        &a,
        "milk",
        false,
        "add milk; keep a copy; remove milk; merge the old copy",
        (
            "comes-back",
            "The old copy has an addition that was removed here: what was seen and removed must be remembered.",
        ),
    )
}

fn two_additions<S: OrSetExercise>() -> Result<(), Failure> {
    let (mut a, mut b) = (S::new(0), S::new(1));
    a.add("milk");
    b.add("milk");
    a.remove("milk");
    a.merge(&b);
    expect(
        &a,
        "milk",
        true,
        "0: add milk; 1: add milk; 0: remove milk; 0 merges 1",
        (
            "tags-not-unique",
            "Two nodes gave their additions the same tag, so that the removal of one removed the other: the node's number belongs into the tag.",
        ),
    )
}

fn random<S: OrSetExercise>() -> Result<(), Failure> {
    let names = ["a", "b", "c"];
    for seed in 0..300 {
        let mut rng = Rng::new(seed);
        let mut copies: Vec<S> = (0..3).map(S::new).collect();
        let mut twins: Vec<OrSet<&str>> = vec![OrSet::new(); 3];
        let mut story = Vec::new();
        for _ in 0..12 {
            checkpoint();
            let (node, name) = (rng.index(3), names[rng.index(3)]);
            match rng.below(4) {
                0 | 1 => {
                    copies[node].add(name);
                    twins[node].add(name, node);
                    story.push(format!("{node}: add {name}"));
                }
                2 => {
                    copies[node].remove(name);
                    twins[node].remove(&name);
                    story.push(format!("{node}: remove {name}"));
                }
                _ => {
                    let from = rng.index(3);
                    let (copy, twin) = (copies[from].clone(), twins[from].clone());
                    copies[node].merge(&copy);
                    twins[node].merge(&twin);
                    story.push(format!("{node} merges {from}"));
                }
            }
            for (copy, twin) in copies.iter().zip(&twins) {
                if let Some(name) = names.iter().find(|name| copy.contains(name) != twin.contains(name)) {
                    let words = |is: bool| format!("{name} is {}in the set", if is { "" } else { "not " });
                    let diagnosis = if twin.contains(name) {
                        (
                            "one-tag-each",
                            "Two nodes may add the same element apart, and each addition counts: keep all their tags. Who keeps one tag for each element loses it when that one is removed.",
                        )
                    } else {
                        (
                            "comes-back",
                            "All additions that the remover had seen are removed, by whomever they were made, and stay removed in whatever order the copies meet.",
                        )
                    };
                    return Err(Failure::new(words(twin.contains(name)), words(copy.contains(name)))
                        .input(story.join("; "))
                        .diagnosis(diagnosis.0, diagnosis.1));
                }
            }
        }
    }
    Ok(())
}
