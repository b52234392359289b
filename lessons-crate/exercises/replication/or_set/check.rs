//! Checks a set that several nodes change apart.

use algorithms::crdt::{Crdt, OrSet};
use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Checker, Failure, Known, Report};

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
        .hidden("a removal that two nodes make counts once", removed_twice::<S>)
        .hidden("whatever happens, all copies come to the same, and to the right, set", random::<S>)
        .finish()
}

fn expect<S: OrSetExercise>(
    set: &S,
    element: &str,
    expected: bool,
    input: &str,
    known: Known,
) -> Result<(), Failure> {
    if set.contains(element) == expected {
        return Ok(());
    }
    Err(Failure::new(words(element, expected), words(element, !expected)).input(input).known(known))
}

fn words(element: &str, is: bool) -> String {
    format!("{element} is {}in the set", if is { "" } else { "not " })
}

fn again<S: OrSetExercise>() -> Result<(), Failure> {
    let mut set = S::new(0);
    expect(&set, "milk", false, "nothing happened", known::NOT_A_SET)?;
    set.add("milk");
    expect(&set, "milk", true, "add milk", known::NOT_A_SET)?;
    set.remove("milk");
    expect(&set, "milk", false, "add milk; remove milk", known::NOT_A_SET)?;
    set.add("milk");
    expect(&set, "milk", true, "add milk; remove milk; add milk", known::CANNOT_ADD_AGAIN)?;
    set.add("milk");
    set.remove("milk");
    expect(&set, "milk", false, "add milk; remove milk; add milk twice; remove milk", known::NOT_A_SET)?;
    set.remove("milk");
    set.remove("bread");
    set.add("milk");
    set.add("bread");
    let input = "add milk; remove milk; remove milk and bread, which are not there; add both";
    expect(&set, "milk", true, input, known::REMOVED_BEFORE_IT_CAME)?;
    expect(&set, "bread", true, input, known::REMOVED_BEFORE_IT_CAME)
}

fn both<S: OrSetExercise>() -> Result<(), Failure> {
    let (mut a, mut b) = (S::new(0), S::new(1));
    a.add("milk");
    b.add("bread");
    a.merge(&b);
    let input = "0: add milk; 1: add bread; 0 merges 1";
    expect(&a, "milk", true, input, known::LOSES_ADDITIONS)?;
    expect(&a, "bread", true, input, known::LOSES_ADDITIONS)
}

fn removal_spreads<S: OrSetExercise>() -> Result<(), Failure> {
    let (mut a, mut b) = (S::new(0), S::new(1));
    a.add("milk");
    b.merge(&a);
    b.remove("milk");
    a.merge(&b);
    expect(&a, "milk", false, "0: add milk; 1 merges 0; 1: remove milk; 0 merges 1", known::COMES_BACK)
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
        let input = "0: add milk; 1 merges 0; 1: remove milk; meanwhile 0: add milk; both merge";
        expect(&a, "milk", true, input, known::REMOVAL_WINS)?;
        expect(&b, "milk", true, input, known::REMOVAL_WINS)?;
    }
    Ok(())
}

fn old_copy<S: OrSetExercise>() -> Result<(), Failure> {
    let mut a = S::new(0);
    a.add("milk");
    let old = a.clone();
    a.remove("milk");
    a.merge(&old);
    expect(&a, "milk", false, "add milk; keep a copy; remove milk; merge the old copy", known::COMES_BACK)
}

fn two_additions<S: OrSetExercise>() -> Result<(), Failure> {
    let (mut a, mut b) = (S::new(0), S::new(1));
    a.add("milk");
    b.add("milk");
    a.remove("milk");
    a.merge(&b);
    expect(&a, "milk", true, "0: add milk; 1: add milk; 0: remove milk; 0 merges 1", known::TAGS_NOT_UNIQUE)
}

fn removed_twice<S: OrSetExercise>() -> Result<(), Failure> {
    let (mut a, mut b) = (S::new(0), S::new(1));
    a.add("milk");
    b.merge(&a);
    a.remove("milk");
    b.remove("milk");
    a.merge(&b);
    a.merge(&b);
    a.add("milk");
    let input = "0: add milk; 1 merges 0; both remove milk; 0 merges 1, twice; 0: add milk";
    expect(&a, "milk", true, input, known::REMOVALS_COUNTED)?;
    b.merge(&a);
    expect(&b, "milk", true, &format!("{input}; 1 merges 0"), known::REMOVALS_COUNTED)
}

fn random<S: OrSetExercise>() -> Result<(), Failure> {
    let names = ["a", "b"];
    for seed in 0..2_000 {
        let mut rng = Rng::new(seed);
        let mut copies: Vec<S> = (0..3).map(S::new).collect();
        let mut twins: Vec<OrSet<&str>> = vec![OrSet::new(); 3];
        let mut story = Vec::new();
        for _ in 0..6 + seed / 100 {
            checkpoint();
            let (node, name) = (rng.index(3), names[rng.index(2)]);
            match rng.below(5) {
                0 => {
                    copies[node].add(name);
                    twins[node].add(name, node);
                    story.push(format!("{node}: add {name}"));
                }
                1 => {
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
                for name in names {
                    let is_in = twin.contains(&name);
                    let known = if is_in { known::ADDITION_LOST } else { known::COMES_BACK };
                    expect(copy, name, is_in, &story.join("; "), known)?;
                }
            }
        }
    }
    Ok(())
}
