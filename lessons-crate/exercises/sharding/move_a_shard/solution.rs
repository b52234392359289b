use check::sharding::move_a_shard::*;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

struct Move {
    old: BTreeMap<u64, u64>,
    new: BTreeMap<u64, u64>,
    /// The last key that was copied.
    copied: Option<u64>,
    copying: bool,
    /// Changes since the start that the new shard has not got.
    log: VecDeque<(u64, Option<u64>)>,
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
        Move { old: rows, new: BTreeMap::new(), copied: None, copying: true, log: VecDeque::new(), done: false }
    }

    fn write(&mut self, key: u64, value: Option<u64>) {
        if self.done {
            set(&mut self.new, key, value);
        } else {
            set(&mut self.old, key, value);
            self.log.push_back((key, value));
        }
    }

    fn read(&self, key: u64) -> Option<u64> {
        let owner = if self.done { &self.new } else { &self.old };
        owner.get(&key).copied()
    }

    fn step(&mut self) -> bool {
        if self.copying {
            let after = self.copied.map_or(Bound::Unbounded, Bound::Excluded);
            let rows = self.old.range((after, Bound::Unbounded)).take(MOVED_AT_ONCE);
            let rows: Vec<(u64, u64)> = rows.map(|(&key, &value)| (key, value)).collect();
            self.copied = rows.last().map(|&(key, _)| key).or(self.copied);
            self.copying = !rows.is_empty();
            self.new.extend(rows);
            return false;
        }
        for _ in 0..MOVED_AT_ONCE {
            if let Some((key, value)) = self.log.pop_front() {
                set(&mut self.new, key, value);
            }
        }
        self.done = self.log.is_empty();
        self.done
    }

    fn new_shard(&self) -> BTreeMap<u64, u64> {
        self.new.clone()
    }
}
