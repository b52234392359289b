//! Checks a B+ tree that a learner writes, page by page.

use std::cell::Cell;
use std::collections::BTreeMap;

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// A page of the tree of the exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreePage {
    /// Entries in the order of their keys, and the leaf to the right.
    Leaf {
        /// Key and value.
        entries: Vec<(u64, u64)>,
        /// The next leaf; none for the last.
        next: Option<usize>,
    },
    /// Children, and between each two the smallest key of the right one.
    Inner {
        /// One less than children.
        keys: Vec<u64>,
        /// Numbers of pages.
        children: Vec<usize>,
    },
}

/// The pages of the exercise: a disk that counts reads.
#[derive(Debug)]
pub struct Pages {
    pages: Vec<TreePage>,
    capacity: usize,
    reads: Cell<usize>,
}

impl Pages {
    fn new(capacity: usize) -> Self {
        Self { pages: Vec::new(), capacity, reads: Cell::new(0) }
    }

    /// The most entries of a leaf, and the most children of an inner page.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Reads a page.
    pub fn read(&self, page: usize) -> &TreePage {
        checkpoint();
        self.reads.set(self.reads.get() + 1);
        &self.pages[page]
    }

    /// Writes a page anew.
    pub fn write(&mut self, page: usize, contents: TreePage) {
        checkpoint();
        self.pages[page] = contents;
    }

    /// Adds a page, and gives its number.
    pub fn push(&mut self, contents: TreePage) -> usize {
        checkpoint();
        self.pages.push(contents);
        self.pages.len() - 1
    }
}

/// A B+ tree, as the exercise asks for it.
pub trait TreeExercise: 'static {
    /// A tree of one empty leaf.
    fn new(pages: Pages) -> Self
    where
        Self: Sized;
    /// Stores a value; gives the old one if the key was there.
    fn insert(&mut self, key: u64, value: u64) -> Option<u64>;
    /// The value of a key.
    fn get(&self, key: u64) -> Option<u64>;
    /// The entries from `first` to `last`, both included, in order.
    fn range(&self, first: u64, last: u64) -> Vec<(u64, u64)>;
    /// The pages.
    fn pages(&self) -> &Pages;
    /// The number of the root's page.
    fn root(&self) -> usize;
}

/// Checks a learner's B+ tree.
pub fn b_plus_tree<T: TreeExercise>() -> Report {
    check(|capacity| Box::new(T::new(Pages::new(capacity))))
}

type Make = fn(usize) -> Box<dyn TreeExercise>;

fn check(make: Make) -> Report {
    Checker::new(&EXERCISE)
        .visible("one leaf holds what fits into it", move || one_leaf(make))
        .visible("every key is found after many splits", move || finds_all(make))
        .visible("all leaves have one depth, and pages are at least half full", move || is_balanced(make))
        .visible("a range is complete and in order", move || ranges_are_right(make))
        .hidden("a lookup reads one page of each level", move || lookups_are_short(make))
        .hidden("a range reads each leaf once", move || ranges_are_short(make))
        .hidden("storing a key again replaces its value", move || replaces(make))
        .finish()
}

/// Keys in several orders, with the name of each.
fn orders(count: u64) -> [(&'static str, Vec<u64>); 3] {
    let mut shuffled: Vec<u64> = (0..count).collect();
    Rng::new(3).shuffle(&mut shuffled);
    [("ascending", (0..count).collect()), ("descending", (0..count).rev().collect()), ("shuffled", shuffled)]
}

fn grown(make: Make, capacity: usize, keys: &[u64]) -> Box<dyn TreeExercise> {
    let mut tree = make(capacity);
    for key in keys {
        tree.insert(*key, key + 1_000);
    }
    tree
}

fn one_leaf(make: Make) -> Result<(), Failure> {
    let tree = grown(make, 4, &[30, 10, 20]);
    let found = tree.range(0, 100);
    let expected = [(10, 1_010), (20, 1_020), (30, 1_030)];
    if found == expected && tree.get(20) == Some(1_020) && tree.get(25).is_none() {
        return Ok(());
    }
    Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input("capacity 4; 30, 10, 20 inserted; range(0, 100)"))
}

fn finds_all(make: Make) -> Result<(), Failure> {
    for (capacity, count) in [(4, 5), (4, 20), (5, 300), (8, 2_000)] {
        for (order, keys) in orders(count) {
            let tree = grown(make, capacity, &keys);
            let lost: Vec<u64> = (0..count).filter(|key| tree.get(*key) != Some(key + 1_000)).collect();
            if let Some(first) = lost.first() {
                let found = format!("{:?}; {} of {count} keys are lost", tree.get(*first), lost.len());
                return Err(Failure::new(format!("Some({})", first + 1_000), found)
                    .input(format!("capacity {capacity}; keys 0 to {}, {order}; get({first})", count - 1))
                    .maybe_diagnosis(why_lost(tree.as_ref(), &lost)));
            }
        }
    }
    Ok(())
}

fn why_lost(tree: &dyn TreeExercise, lost: &[u64]) -> Option<(&'static str, String)> {
    let pages = &tree.pages().pages;
    let holds = |key: u64| {
        let has = |page: &TreePage| matches!(page, TreePage::Leaf { entries, .. } if entries.iter().any(|entry| entry.0 == key));
        pages.iter().any(has)
    };
    let separates = |key: u64| {
        pages.iter().any(|page| matches!(page, TreePage::Inner { keys, .. } if keys.contains(&key)))
    };
    let (key, message) = if lost.iter().all(|key| !holds(*key) && separates(*key)) {
        (
            "leaf-separator-moved",
            "The lost keys stand in inner pages, and in no leaf: splitting a leaf must *copy* the right half's first key up, because only leaves have values. (Splitting an inner page moves its middle key up.)",
        )
    } else if let Some(problem) = shape_problem(tree) {
        return Some(problem);
    } else if lost.iter().all(|key| holds(*key)) {
        (
            "wrong-child",
            "The keys are in leaves, but the way down misses them. A key equal to a separator belongs to the right: the child's number is how many keys are at or below the wanted one.",
        )
    } else {
        return None;
    };
    Some((key, message.to_owned()))
}

/// What is wrong with the tree's shape, if something is.
fn shape_problem(tree: &dyn TreeExercise) -> Option<(&'static str, String)> {
    let pages = tree.pages();
    let known = |key, message: &str| Some((key, message.to_owned()));
    let (mut level, mut seen) = (vec![tree.root()], 0);
    let leaves = loop {
        let mut below = Vec::new();
        let mut leaves = 0;
        for id in &level {
            seen += 1;
            let (count, is_root) = match &pages.pages[*id] {
                TreePage::Leaf { entries, .. } => {
                    leaves += 1;
                    (entries.len(), *id == tree.root())
                }
                TreePage::Inner { keys, children } => {
                    if children.len() != keys.len() + 1 {
                        return known(
                            "inner-separator-kept",
                            "An inner page has one key less than children. When it is split, its middle key moves up to the parent and stays in neither half.",
                        );
                    }
                    below.extend(children);
                    (children.len(), *id == tree.root())
                }
            };
            if count > pages.capacity {
                return known(
                    "overfull",
                    "A page holds more than it has room for: split it as soon as it has one entry, or one child, too many, inner pages too.",
                );
            }
            if !is_root && count < pages.capacity / 2 {
                return known(
                    "less-than-half",
                    "A page is less than half full right after a split: cut in the middle.",
                );
            }
        }
        if leaves > 0 && leaves < level.len() {
            return known(
                "uneven-depth",
                "Some leaves lie deeper than others: a split adds a child to the *parent*, never a level below.",
            );
        }
        if leaves > 0 {
            break level;
        }
        level = below;
    };
    if seen < pages.pages.len() {
        return known(
            "unreachable",
            "There are pages that cannot be reached from the root: when the root itself is split, a new root takes both halves, and `root()` must tell its number.",
        );
    }
    let first = |id: &usize| match &pages.pages[*id] {
        TreePage::Leaf { entries, .. } => entries.first().map(|entry| entry.0),
        TreePage::Inner { .. } => None,
    };
    if !leaves.iter().is_sorted_by_key(first) {
        return known(
            "children-out-of-order",
            "The children of an inner page do not ascend: a new page belongs right behind the one that was split, at that child's number + 1, and the key between them at the child's number.",
        );
    }
    let mut chain = vec![leaves[0]];
    while let TreePage::Leaf { next: Some(next), .. } = &pages.pages[chain[chain.len() - 1]] {
        chain.push(*next);
        if chain.len() > leaves.len() {
            break;
        }
    }
    if chain != leaves {
        return known(
            "broken-chain",
            "The leaves are not linked from left to right: at a split the new leaf takes over the old one's `next`, and the old one's becomes the new leaf.",
        );
    }
    None
}

fn is_balanced(make: Make) -> Result<(), Failure> {
    for (capacity, count) in [(4, 30), (5, 300), (8, 2_000)] {
        for (order, keys) in orders(count) {
            let tree = grown(make, capacity, &keys);
            if let Some((key, message)) = shape_problem(tree.as_ref()) {
                return Err(Failure::new("a tree in order", "one that is not")
                    .input(format!("capacity {capacity}; keys 0 to {}, {order}", count - 1))
                    .diagnosis(key, message));
            }
        }
    }
    Ok(())
}

fn ranges_are_right(make: Make) -> Result<(), Failure> {
    for (order, keys) in orders(500) {
        // Even keys only, so that bounds may lie between them.
        let keys: Vec<u64> = keys.iter().map(|key| key * 2).collect();
        let tree = grown(make, 6, &keys);
        for (first, last) in [(0, 998), (5, 5), (6, 6), (99, 500), (990, 2_000), (7, 3)] {
            let expected: Vec<(u64, u64)> = (0..500)
                .map(|key| key * 2)
                .filter(|key| (first..=last).contains(key))
                .map(|key| (key, key + 1_000))
                .collect();
            let found = tree.range(first, last);
            if found != expected {
                let chain = shape_problem(tree.as_ref());
                let stops_early = || {
                    let message = "The range is right as far as it goes, and ends too early: after the last entry of a leaf go on with `next`, until a key is beyond the range.";
                    let begun = !found.is_empty() && expected.len() > found.len() + 1;
                    (begun && expected.starts_with(&found)).then(|| ("stops-early", message.to_owned()))
                };
                let bounds = || {
                    let keys: Vec<u64> = found.iter().map(|entry| entry.0).collect();
                    let inside = keys.iter().all(|key| (first..=last).contains(key));
                    let message = "The bounds are included, both of them, and nothing beyond them.";
                    let near = found.len().abs_diff(expected.len()) <= 4;
                    (!inside || near).then(|| ("bounds", message.to_owned()))
                };
                return Err(Failure::new(
                    format!("{} entries", expected.len()),
                    format!("{} entries", found.len()),
                )
                .input(format!("capacity 6; even keys 0 to 998, {order}; range({first}, {last})"))
                .maybe_diagnosis(chain.or_else(stops_early).or_else(bounds)));
            }
        }
    }
    Ok(())
}

/// Levels of the tree.
fn height(tree: &dyn TreeExercise) -> usize {
    let mut id = tree.root();
    let mut height = 1;
    while let TreePage::Inner { children, .. } = &tree.pages().pages[id] {
        id = children[0];
        height += 1;
    }
    height
}

fn reads(tree: &dyn TreeExercise, run: impl FnOnce(&dyn TreeExercise)) -> usize {
    let before = tree.pages().reads.get();
    run(tree);
    tree.pages().reads.get() - before
}

fn lookups_are_short(make: Make) -> Result<(), Failure> {
    let tree = grown(make, 8, &orders(2_000)[2].1);
    let height = height(tree.as_ref());
    let most = (0..2_000).map(|key| reads(tree.as_ref(), |tree| _ = tree.get(key))).max().unwrap_or(0);
    if most <= height {
        return Ok(());
    }
    Err(Failure::new(format!("{height} pages read"), format!("{most} pages read"))
        .input("capacity 8; keys 0 to 1999, shuffled; get")
        .diagnosis("reads-too-much", "A lookup goes straight down: one page of each level, and no neighbor."))
}

fn ranges_are_short(make: Make) -> Result<(), Failure> {
    let tree = grown(make, 8, &orders(2_000)[2].1);
    let height = height(tree.as_ref());
    for (first, last) in [(0, 1_999), (500, 999), (700, 700)] {
        let found = reads(tree.as_ref(), |tree| drop(tree.range(first, last)));
        // Leaves are at least half full; one more at each end.
        let most = height + (last - first) as usize / 4 + 2;
        if found > most {
            return Err(Failure::new(format!("at most {most} pages read"), format!("{found} pages read"))
                .input(format!("capacity 8; keys 0 to 1999, shuffled; range({first}, {last})"))
                .diagnosis("restarts-from-root", "The range goes down from the root again and again, or reads pages that it does not need. Go down once, to the leaf of the first key; then follow `next`, and stop behind the last key."));
        }
    }
    Ok(())
}

fn replaces(make: Make) -> Result<(), Failure> {
    let mut tree = make(4);
    let mut model = BTreeMap::new();
    let mut rng = Rng::new(8);
    for round in 0..2_000 {
        let key = rng.below(100);
        let (expected, found) = (model.insert(key, round), tree.insert(key, round));
        if expected != found {
            return Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
                .input(format!("insert({key}, {round}), after {round} inserts"))
                .diagnosis(
                    "old-value",
                    "`insert` gives the old value when the key was there, and None when it was not.",
                ));
        }
    }
    let (expected, found) = (model.into_iter().collect::<Vec<_>>(), tree.range(0, 100));
    if expected == found {
        return Ok(());
    }
    let message = "A key that is there already must be replaced, not stored a second time.";
    let twice = (found.len() > expected.len()).then(|| ("stored-twice", message.to_owned()));
    Err(Failure::new(format!("{} entries", expected.len()), format!("{} entries", found.len()))
        .input("capacity 4; 2,000 inserts of 100 different keys")
        .maybe_diagnosis(twice))
}
