//! Checks the move of a shard under writes.

use std::collections::BTreeMap;

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Checker, Failure, Known, Report};

/// How many rows or changes one step may move.
pub const MOVED_AT_ONCE: usize = 10;

/// No move of the checks may take more steps.
const MOST_STEPS: usize = 2_000;

/// Rows on their way from an old shard to a new one, while clients read and write.
pub trait MoveExercise: 'static {
    /// The old shard, with its rows; the new one is empty.
    fn new(rows: BTreeMap<u64, u64>) -> Self;
    /// A client writes a value, or deletes with `None`. It is told "done" when this returns.
    fn write(&mut self, key: u64, value: Option<u64>);
    /// A client reads.
    fn read(&self, key: u64) -> Option<u64>;
    /// Moves at most [`MOVED_AT_ONCE`] rows or changes; true once the new shard has everything and owns it.
    fn step(&mut self) -> bool;
    /// What is on the new shard.
    fn new_shard(&self) -> BTreeMap<u64, u64>;
}

/// Checks a learner's move of a shard.
pub fn move_a_shard<M: MoveExercise>() -> Report {
    Checker::new(&EXERCISE)
        .visible("without writes: the new shard has every row", quiet::<M>)
        .visible("a row that changes behind the copy", behind::<M>)
        .visible("a row that is deleted, or is new", || {
            deleted::<M>()?;
            added::<M>()
        })
        .visible("a step moves a few rows, not all", small_steps::<M>)
        .visible("until the end writes go to the old shard alone", alone::<M>)
        .hidden("a row that is deleted before the copy reaches it, and one that is written again", ahead::<M>)
        .hidden("after the move, writes go to the new shard", after::<M>)
        .hidden("any writes at any moment", random::<M>)
        .finish()
}

/// A move, and what clients were told.
struct Watched<M> {
    moving: M,
    told: BTreeMap<u64, u64>,
    history: Vec<String>,
    deleted: Vec<u64>,
    done: bool,
    steps: usize,
}

impl<M: MoveExercise> Watched<M> {
    fn new(count: u64) -> Self {
        let rows: BTreeMap<u64, u64> = (0..count).map(|key| (key, 100 + key)).collect();
        Self {
            moving: M::new(rows.clone()),
            told: rows,
            history: vec![format!("rows 0 to {}", count.saturating_sub(1))],
            deleted: Vec::new(),
            done: false,
            steps: 0,
        }
    }

    fn write(&mut self, key: u64, value: Option<u64>) -> Result<(), Failure> {
        self.history.push(match value {
            Some(value) => format!("write {key} = {value}"),
            None => format!("delete {key}"),
        });
        let before = self.moving.new_shard();
        self.moving.write(key, value);
        if !self.done && self.moving.new_shard() != before {
            let found = self.moving.new_shard().get(&key).copied();
            return Err(self.failure(
                format!("{:?} for key {key} on the new shard, as before", before.get(&key)),
                format!("{found:?}"),
                Some(known::WRITES_TO_BOTH),
            ));
        }
        match value {
            Some(value) => {
                self.told.insert(key, value);
                self.deleted.retain(|&other| other != key);
            }
            None => {
                self.told.remove(&key);
                self.deleted.push(key);
            }
        }
        self.read(key)
    }

    /// That a reader sees the last acknowledged write.
    fn read(&self, key: u64) -> Result<(), Failure> {
        let (expected, found) = (self.told.get(&key).copied(), self.moving.read(key));
        if expected == found {
            return Ok(());
        }
        let known = if self.done {
            Some(self.after_the_move(key, found))
        } else {
            // What it found is what the new shard has.
            (self.moving.new_shard().get(&key).copied() == found).then_some(known::READS_TOO_EARLY)
        };
        Err(self.failure(format!("{expected:?} for key {key}"), format!("{found:?}"), known))
    }

    fn after_the_move(&self, key: u64, found: Option<u64>) -> Known {
        match found {
            Some(_) if self.deleted.contains(&key) => known::COMES_BACK,
            Some(_) => known::OLD_VALUE_WINS,
            None => known::CUT_OVER_TOO_EARLY,
        }
    }

    fn failure(&self, expected: String, found: String, known: Option<Known>) -> Failure {
        let told = self.history.len();
        let tail = self.history[told.saturating_sub(12)..].join("; ");
        let tail = if told > 12 { format!("...; {tail}") } else { tail };
        Failure::new(expected, found).input(tail).maybe_known(known)
    }

    fn step(&mut self) -> Result<(), Failure> {
        checkpoint();
        let before = self.moving.new_shard();
        self.done = self.moving.step();
        self.steps += 1;
        match self.history.last_mut() {
            Some(last) if last.starts_with("step") => *last = format!("step (to {})", self.steps),
            _ => self.history.push(format!("step {}", self.steps)),
        }
        let after = self.moving.new_shard();
        let changed = after.iter().filter(|(key, value)| before.get(key) != Some(value)).count()
            + before.keys().filter(|key| !after.contains_key(key)).count();
        if changed > MOVED_AT_ONCE {
            return Err(self.failure(
                format!("at most {MOVED_AT_ONCE} changes of the new shard in a step"),
                format!("{changed}"),
                Some(known::ALL_AT_ONCE),
            ));
        }
        if self.steps > MOST_STEPS {
            return Err(self.failure(
                format!("done within {MOST_STEPS} steps"),
                "not done".to_owned(),
                Some(known::NEVER_DONE),
            ));
        }
        Ok(())
    }

    /// Steps to the end, and compares.
    fn finish(&mut self) -> Result<(), Failure> {
        while !self.done {
            self.step()?;
        }
        let found = self.moving.new_shard();
        let keys = found.keys().chain(self.told.keys());
        for &key in keys {
            let (expected, found) = (self.told.get(&key).copied(), found.get(&key).copied());
            if expected != found {
                let known = Some(self.after_the_move(key, found));
                return Err(self.failure(
                    format!("{expected:?} for key {key} on the new shard"),
                    format!("{found:?}"),
                    known,
                ));
            }
        }
        self.told.keys().chain(&self.deleted).try_for_each(|&key| self.read(key))
    }
}

fn quiet<M: MoveExercise>() -> Result<(), Failure> {
    for count in [0, 1, 9, 10, 11, 35] {
        Watched::<M>::new(count).finish()?;
    }
    Ok(())
}

/// Two steps in: rows 0 to 9 are copied under any order of keys, or others; so every row is tried.
fn with<M: MoveExercise>(act: impl Fn(&mut Watched<M>, u64) -> Result<(), Failure>) -> Result<(), Failure> {
    for key in [0, 5, 15, 29] {
        for steps in [0, 1, 2, 3] {
            let mut watched = Watched::<M>::new(30);
            for _ in 0..steps {
                watched.step()?;
            }
            if !watched.done {
                act(&mut watched, key)?;
            }
            watched.finish()?;
        }
    }
    Ok(())
}

fn behind<M: MoveExercise>() -> Result<(), Failure> {
    with::<M>(|watched, key| watched.write(key, Some(7)))
}

fn deleted<M: MoveExercise>() -> Result<(), Failure> {
    with::<M>(|watched, key| watched.write(key, None))
}

fn added<M: MoveExercise>() -> Result<(), Failure> {
    with::<M>(|watched, key| watched.write(1_000 + key, Some(7)))
}

fn small_steps<M: MoveExercise>() -> Result<(), Failure> {
    let mut watched = Watched::<M>::new(200);
    for _ in 0..18 {
        watched.step()?;
    }
    // Most rows are copied. A hundred changes of them have to be carried over in small steps too.
    for key in 0..100 {
        watched.write(key, Some(key))?;
    }
    watched.finish()
}

fn alone<M: MoveExercise>() -> Result<(), Failure> {
    with::<M>(|watched, key| {
        watched.write(key, Some(7))?;
        watched.write(key, None)
    })
}

fn ahead<M: MoveExercise>() -> Result<(), Failure> {
    with::<M>(|watched, key| {
        watched.write(key, None)?;
        watched.step()?;
        if watched.done {
            return Ok(());
        }
        watched.write(key, Some(8))?;
        watched.write(key, Some(9))
    })
}

fn after<M: MoveExercise>() -> Result<(), Failure> {
    let mut watched = Watched::<M>::new(25);
    watched.finish()?;
    watched.write(3, Some(1))?;
    watched.write(4, None)?;
    watched.write(99, Some(2))?;
    let found = watched.moving.new_shard();
    if found == watched.told {
        return Ok(());
    }
    Err(watched.failure(
        "the writes on the new shard".to_owned(),
        format!("{:?}", found.get(&3)),
        Some(known::WRITES_TO_THE_OLD_SHARD),
    ))
}

fn random<M: MoveExercise>() -> Result<(), Failure> {
    let mut rng = Rng::new(12);
    for _ in 0..400 {
        let mut watched = Watched::<M>::new(rng.below(40));
        while !watched.done {
            if rng.chance(0.6) {
                let value = rng.chance(0.7).then(|| rng.below(1_000));
                watched.write(rng.below(50), value)?;
                watched.read(rng.below(50))?;
            } else {
                watched.step()?;
            }
        }
        for _ in 0..5 {
            watched.write(rng.below(50), Some(1))?;
        }
        watched.finish()?;
    }
    Ok(())
}
