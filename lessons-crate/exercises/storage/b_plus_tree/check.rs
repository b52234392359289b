//! Checks a B+ tree that a learner writes, page by page.

use std::cell::Cell;
use std::collections::BTreeMap;

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Checker, Failure, Known, Report};

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
    let mut tree = grown(make, 4, &[30, 10, 20]);
    let found = tree.range(0, 100);
    let expected = [(10, 1_010), (20, 1_020), (30, 1_030)];
    if found != expected || tree.get(20) != Some(1_020) || tree.get(25).is_some() {
        return Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
            .input("capacity 4; 30, 10, 20 inserted; range(0, 100)"));
    }
    tree.insert(40, 1_040);
    match tree.pages().pages.len() {
        1 => Ok(()),
        pages => Err(Failure::new("one page, a full leaf", format!("{pages} pages"))
            .input("capacity 4; 30, 10, 20, 40 inserted")
            .known(known::SPLITS_TOO_EARLY)),
    }
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
                    .maybe_known(why_lost(tree.as_ref(), &lost)));
            }
        }
    }
    Ok(())
}

fn why_lost(tree: &dyn TreeExercise, lost: &[u64]) -> Option<Known> {
    let pages = &tree.pages().pages;
    let holds = |key: u64| {
        let has = |page: &TreePage| matches!(page, TreePage::Leaf { entries, .. } if entries.iter().any(|entry| entry.0 == key));
        pages.iter().any(has)
    };
    let separates = |key: u64| {
        pages.iter().any(|page| matches!(page, TreePage::Inner { keys, .. } if keys.contains(&key)))
    };
    if lost.iter().all(|key| !holds(*key) && separates(*key)) {
        Some(known::LEAF_SEPARATOR_MOVED)
    } else {
        let in_leaves = lost.iter().all(|key| holds(*key));
        shape_problem(tree).or_else(|| in_leaves.then_some(known::WRONG_CHILD))
    }
}

/// What is wrong with the tree's shape, if something is.
fn shape_problem(tree: &dyn TreeExercise) -> Option<Known> {
    let pages = tree.pages();
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
                        return Some(known::INNER_SEPARATOR_KEPT);
                    }
                    if !keys.is_sorted() {
                        return Some(known::CHILDREN_OUT_OF_ORDER);
                    }
                    below.extend(children);
                    (children.len(), *id == tree.root())
                }
            };
            if count > pages.capacity {
                return Some(known::OVERFULL);
            }
            if !is_root && count < pages.capacity / 2 {
                return Some(known::LESS_THAN_HALF);
            }
        }
        if leaves > 0 && leaves < level.len() {
            return Some(known::UNEVEN_DEPTH);
        }
        if leaves > 0 {
            break level;
        }
        level = below;
    };
    if seen < pages.pages.len() {
        return Some(known::UNREACHABLE);
    }
    let first = |id: &usize| match &pages.pages[*id] {
        TreePage::Leaf { entries, .. } => entries.first().map(|entry| entry.0),
        TreePage::Inner { .. } => None,
    };
    if !leaves.iter().is_sorted_by_key(first) {
        return Some(known::CHILDREN_OUT_OF_ORDER);
    }
    let mut chain = vec![leaves[0]];
    while let TreePage::Leaf { next: Some(next), .. } = &pages.pages[chain[chain.len() - 1]] {
        chain.push(*next);
        if chain.len() > leaves.len() {
            break;
        }
    }
    if chain != leaves {
        return Some(known::BROKEN_CHAIN);
    }
    None
}

fn is_balanced(make: Make) -> Result<(), Failure> {
    for (capacity, count) in [(4, 30), (5, 300), (8, 2_000)] {
        for (order, keys) in orders(count) {
            let tree = grown(make, capacity, &keys);
            if let Some(problem) = shape_problem(tree.as_ref()) {
                return Err(Failure::new("a tree in order", "one that is not")
                    .input(format!("capacity {capacity}; keys 0 to {}, {order}", count - 1))
                    .known(problem));
            }
        }
    }
    Ok(())
}

fn ranges_are_right(make: Make) -> Result<(), Failure> {
    // Even keys only, so that bounds may lie between them.
    let model: BTreeMap<u64, u64> = (0..500).map(|key| (2 * key, 2 * key + 1_000)).collect();
    // Every place where a range may begin: also behind the last entry of a leaf.
    let everywhere = (0..1_000).flat_map(|first| [0, 3, 60].map(|length| (first, first + length)));
    let bounds: Vec<(u64, u64)> = [(0, 998), (7, 3), (990, 2_000)].into_iter().chain(everywhere).collect();
    for (order, keys) in orders(500) {
        let tree = grown(make, 6, &keys.iter().map(|key| key * 2).collect::<Vec<u64>>());
        for &(first, last) in &bounds {
            let expected: Vec<(u64, u64)> = if first > last {
                Vec::new()
            } else {
                model.range(first..=last).map(|(key, value)| (*key, *value)).collect()
            };
            let found = tree.range(first, last);
            if found != expected {
                return Err(Failure::new(entries(&expected), entries(&found))
                    .input(format!("capacity 6; even keys 0 to 998, {order}; range({first}, {last})"))
                    .maybe_known(why_not_in_range(tree.as_ref(), (first, last), &expected, &found)));
            }
        }
    }
    Ok(())
}

/// How many, and the first and the last of them.
fn entries(entries: &[(u64, u64)]) -> String {
    match entries {
        [] => "no entry".to_owned(),
        [one] => format!("{one:?}"),
        [first, .., last] => format!("{} entries, {first:?} to {last:?}", entries.len()),
    }
}

fn why_not_in_range(
    tree: &dyn TreeExercise,
    (first, last): (u64, u64),
    expected: &[(u64, u64)],
    found: &[(u64, u64)],
) -> Option<Known> {
    let begins_a_leaf = |entry: &(u64, u64)| {
        let begins = |page: &TreePage| matches!(page, TreePage::Leaf { entries, .. } if entries.first() == Some(entry));
        tree.pages().pages.iter().any(begins)
    };
    let beyond = found.iter().any(|entry| !(first..=last).contains(&entry.0));
    let problem = shape_problem(tree);
    if problem.is_some() {
        problem
    } else if expected.first().is_some_and(|entry| first < entry.0 && begins_a_leaf(entry))
        && found.is_empty()
    {
        Some(known::EMPTY_FIRST_LEAF)
    } else if !found.is_empty() && expected.len() > found.len() + 1 && expected.starts_with(found) {
        Some(known::STOPS_EARLY)
    } else if beyond || expected.len().abs_diff(found.len()) <= 2 {
        Some(known::BOUNDS)
    } else {
        None
    }
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
        .known(known::READS_TOO_MUCH))
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
                .known(known::RESTARTS_FROM_ROOT));
        }
    }
    // Only now: whoever asks for each key would never come back.
    let all = tree.range(0, u64::MAX);
    if all.len() == 2_000 {
        return Ok(());
    }
    Err(Failure::new("2000 entries", entries(&all))
        .input("capacity 8; keys 0 to 1999, shuffled; range(0, u64::MAX)"))
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
                .known(known::OLD_VALUE));
        }
    }
    let (expected, found) = (model.into_iter().collect::<Vec<_>>(), tree.range(0, 100));
    if expected == found {
        return Ok(());
    }
    let twice = (found.len() > expected.len()).then_some(known::STORED_TWICE);
    Err(Failure::new(format!("{} entries", expected.len()), format!("{} entries", found.len()))
        .input("capacity 4; 2,000 inserts of 100 different keys")
        .maybe_known(twice))
}
