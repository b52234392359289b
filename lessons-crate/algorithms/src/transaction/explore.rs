//! Transactions as programs, and every way in which their steps can interleave.

use std::collections::BTreeMap;
use std::fmt;

use super::versioned::{Level, TransactionError, Versioned};
use crate::interrupt::checkpoint;

/// What a transaction has read, by name.
pub type Seen = BTreeMap<String, i64>;

/// The new value, from what was read; `None` leaves the value alone.
type Change = Box<dyn Fn(&Seen) -> Option<i64>>;

/// A transaction written down: reads, and changes that depend on what was read. It ends with a commit.
///
/// # Examples
///
/// ```
/// use lessons::transaction::{Level, Program, explore};
///
/// let withdraw = || {
///     Program::new().read("ada").write("ada", |seen| (seen["ada"] >= 80).then_some(seen["ada"] - 80))
/// };
/// let explored = explore(Level::ReadCommitted, &[("ada", 100)], &[withdraw(), withdraw()]);
/// assert_eq!((explored.interleavings, explored.wrong), (20, 18));
/// ```
#[derive(Default)]
pub struct Program {
    steps: Vec<Step>,
}

enum Step {
    Read(String),
    Write(String, Change),
}

impl Program {
    /// A transaction that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Then reads a value.
    #[must_use]
    pub fn read(mut self, name: &str) -> Self {
        self.steps.push(Step::Read(name.to_owned()));
        self
    }

    /// Then changes a value, depending on what it has read; or does not, on `None`.
    #[must_use]
    pub fn write(mut self, name: &str, change: impl Fn(&Seen) -> Option<i64> + 'static) -> Self {
        self.steps.push(Step::Write(name.to_owned(), Box::new(change)));
        self
    }

    /// How many steps it has, with the commit.
    pub fn len(&self) -> usize {
        self.steps.len() + 1
    }

    /// True when it only commits.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = |step: &Step| match step {
            Step::Read(name) => format!("read {name}"),
            Step::Write(name, _) => format!("write {name}"),
        };
        f.debug_list().entries(self.steps.iter().map(step)).finish()
    }
}

/// How one interleaving ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The values at the end, by name.
    pub values: BTreeMap<String, i64>,
    /// What each transaction read.
    pub seen: Vec<Seen>,
    /// Whether each of them committed.
    pub committed: Vec<bool>,
}

/// What came of all interleavings of some transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explored {
    /// How many there are.
    pub interleavings: usize,
    /// How many ended in a way that no serial order of the committed transactions explains.
    pub wrong: usize,
    /// In how many a transaction was refused.
    pub refused: usize,
    /// The first wrong one: whose turn it was, step by step.
    pub example: Option<Vec<usize>>,
}

impl Explored {
    /// How many ended wrong, of how many: "18 of 20".
    pub fn share(&self) -> String {
        format!("{} of {}", self.wrong, self.interleavings)
    }
}

/// Runs transactions at a level, from these values. `order` says whose turn it is at each step; each of them
/// begins at its first step and commits at its last.
///
/// # Panics
///
/// When `order` gives a transaction more or fewer turns than it has steps.
pub fn run(level: Level, values: &[(&str, i64)], programs: &[Program], order: &[usize]) -> Outcome {
    let mut database = Versioned::new(values.iter().copied());
    let mut running: Vec<Option<usize>> = vec![None; programs.len()];
    let mut next = vec![0; programs.len()];
    let mut seen = vec![Seen::new(); programs.len()];
    let mut committed = vec![false; programs.len()];
    for &turn in order {
        let id = *running[turn].get_or_insert_with(|| database.begin(level));
        let mut step = || match programs[turn].steps.get(next[turn]) {
            Some(Step::Read(name)) => {
                let value = database.read(id, name)?;
                seen[turn].insert(name.clone(), value);
                Ok(())
            }
            Some(Step::Write(name, change)) => match change(&seen[turn]) {
                Some(value) => database.write(id, name, value),
                None => Ok(()),
            },
            None => {
                committed[turn] = database.commit(id).is_ok();
                Ok(())
            }
        };
        step().unwrap_or_else(|error: TransactionError| panic!("transaction {turn} in {order:?}: {error}"));
        next[turn] += 1;
    }
    let all = programs.iter().zip(&next).all(|(program, next)| program.len() == *next);
    assert!(all, "{order:?} does not give each transaction its number of turns");
    Outcome { values: database.values(), seen, committed }
}

/// All orders in which steps can follow each other, when each transaction keeps its own: of lengths a and b,
/// (a + b)! / (a! b!).
pub fn interleavings(lengths: &[usize]) -> Vec<Vec<usize>> {
    fn extend(left: &mut [usize], order: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        checkpoint();
        if left.iter().all(|left| *left == 0) {
            all.push(order.clone());
        }
        for turn in 0..left.len() {
            if left[turn] > 0 {
                left[turn] -= 1;
                order.push(turn);
                extend(left, order, all);
                order.pop();
                left[turn] += 1;
            }
        }
    }
    let mut all = Vec::new();
    extend(&mut lengths.to_vec(), &mut Vec::new(), &mut all);
    all
}

/// Runs every interleaving and counts those whose end no serial order explains.
///
/// # Panics
///
/// When there are more than a hundred thousand interleavings: three transactions of five steps have 756,756.
pub fn explore(level: Level, values: &[(&str, i64)], programs: &[Program]) -> Explored {
    /// What takes about a second.
    const INTERLEAVINGS_MAX: f64 = 100_000.0;
    let lengths: Vec<usize> = programs.iter().map(Program::len).collect();
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    let count = factorial(lengths.iter().sum()) / lengths.iter().map(|n| factorial(*n)).product::<f64>();
    assert!(count <= INTERLEAVINGS_MAX, "{count} interleavings are too many to run");

    let mut explored = Explored { interleavings: 0, wrong: 0, refused: 0, example: None };
    for order in interleavings(&lengths) {
        let outcome = run(level, values, programs, &order);
        explored.interleavings += 1;
        explored.refused += usize::from(outcome.committed.contains(&false));
        if !has_serial_twin(values, programs, &outcome) {
            explored.wrong += 1;
            explored.example.get_or_insert(order);
        }
    }
    explored
}

/// Whether running the committed transactions one after the other, in some order, gives the same values, and
/// lets each of them read the same.
fn has_serial_twin(values: &[(&str, i64)], programs: &[Program], outcome: &Outcome) -> bool {
    let committed: Vec<usize> = (0..programs.len()).filter(|program| outcome.committed[*program]).collect();
    // Orders of the transactions as wholes: interleavings of one step each.
    interleavings(&vec![1; committed.len()]).into_iter().any(|order| {
        let mut database: BTreeMap<String, i64> =
            values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let reads_the_same = order.into_iter().all(|turn| {
            let mut seen = Seen::new();
            let mut own: BTreeMap<String, i64> = BTreeMap::new();
            for step in &programs[committed[turn]].steps {
                match step {
                    Step::Read(name) => {
                        let value = own.get(name).or_else(|| database.get(name)).copied().unwrap_or(0);
                        seen.insert(name.clone(), value);
                    }
                    Step::Write(name, change) => own.extend(change(&seen).map(|value| (name.clone(), value))),
                }
            }
            database.extend(own);
            seen == outcome.seen[committed[turn]]
        });
        reads_the_same && database == outcome.values
    })
}
