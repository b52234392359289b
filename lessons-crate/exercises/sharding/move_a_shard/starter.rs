use check::sharding::move_a_shard::*;
use std::collections::BTreeMap;

/// A shard on its way from one machine to another.
struct Move {
    old: BTreeMap<u64, u64>,
    new: BTreeMap<u64, u64>,
    // What else must be remembered between two steps?
}

impl MoveExercise for Move {
    fn new(rows: BTreeMap<u64, u64>) -> Self {
        Move { old: rows, new: BTreeMap::new() }
    }

    fn write(&mut self, key: u64, value: Option<u64>) {
        todo!("`None` deletes; who owns the rows now, and who must hear of it?")
    }

    fn read(&self, key: u64) -> Option<u64> {
        todo!()
    }

    fn step(&mut self) -> bool {
        todo!("at most `MOVED_AT_ONCE` rows or changes; true when the new shard owns everything")
    }

    fn new_shard(&self) -> BTreeMap<u64, u64> {
        self.new.clone()
    }
}
