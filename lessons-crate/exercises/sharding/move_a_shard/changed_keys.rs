use check::sharding::move_a_shard::*;
use std::collections::{BTreeMap, BTreeSet};

struct Move {
    old: BTreeMap<u64, u64>,
    new: BTreeMap<u64, u64>,
    /// The keys about which the new shard may be wrong.
    open: BTreeSet<u64>,
    done: bool,
}

fn set(rows: &mut BTreeMap<u64, u64>, key: u64, value: Option<u64>) {
    match value {
        Some(value) => rows.insert(key, value),
        None => rows.remove(&key),
    };
}

impl MoveExercise for Move {
    fn new(rows: BTreeMap<u64, u64>) -> Self {
        Move { open: rows.keys().copied().collect(), old: rows, new: BTreeMap::new(), done: false }
    }

    fn write(&mut self, key: u64, value: Option<u64>) {
        set(if self.done { &mut self.new } else { &mut self.old }, key, value);
        self.open.insert(key);
    }

    fn read(&self, key: u64) -> Option<u64> {
        let owner = if self.done { &self.new } else { &self.old };
        owner.get(&key).copied()
    }

    fn step(&mut self) -> bool {
        for _ in 0..MOVED_AT_ONCE {
            if let Some(key) = self.open.pop_first() {
                set(&mut self.new, key, self.old.get(&key).copied());
            }
        }
        self.done = self.open.is_empty();
        self.done
    }

    fn new_shard(&self) -> BTreeMap<u64, u64> {
        self.new.clone()
    }
}
