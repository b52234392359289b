//! Our engines beside std's `BTreeMap` and redb, a published B-tree store, at equal work.
//!
//! Prints nanoseconds for each key, the best of several interleaved runs. In memory: inserts in random order, lookups,
//! and a scan of everything. Safe: inserts that survive a crash, a hundred to a commit, redb on its own in-memory
//! backend, ours on a [`Disk`]; neither waits for a device, so this compares the work and not the hardware.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use lessons::rng::Rng;
use lessons::storage::{BPlusTree, Disk, DurableTree, HashIndex, LsmOptions, LsmTree};
use lessons::table::{Table, fixed, thousands};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

const RUNS: usize = 5;
const BATCH: usize = 100;
const TABLE: TableDefinition<u64, u64> = TableDefinition::new("table");

/// What is measured: inserting all keys, looking all of them up, reading all in order.
type Times = [f64; 3];

fn shuffled(count: u64) -> Vec<u64> {
    let mut keys: Vec<u64> = (0..count).collect();
    Rng::new(1).shuffle(&mut keys);
    keys
}

/// Times three steps, each in nanoseconds a key.
fn laps<S>(keys: &[u64], insert: impl Fn() -> S, get: impl Fn(&S), scan: impl Fn(&S) -> usize) -> Times {
    let clock = Instant::now();
    let store = insert();
    let inserted = clock.elapsed();
    get(&store);
    let read = clock.elapsed();
    assert_eq!(black_box(scan(&store)), keys.len());
    let scanned = clock.elapsed();
    let each = |nanoseconds: u128| nanoseconds as f64 / keys.len() as f64;
    [each(inserted.as_nanos()), each((read - inserted).as_nanos()), each((scanned - read).as_nanos())]
}

fn std_map(keys: &[u64]) -> Times {
    laps(
        keys,
        || {
            let mut map = BTreeMap::new();
            keys.iter().for_each(|key| _ = map.insert(*key, *key));
            map
        },
        |map| keys.iter().for_each(|key| _ = black_box(map.get(key))),
        |map| map.iter().count(),
    )
}

fn b_plus_tree(keys: &[u64]) -> Times {
    laps(
        keys,
        || {
            let mut tree = BPlusTree::new();
            tree.extend(keys.iter().map(|key| (*key, *key)));
            tree
        },
        |tree| keys.iter().for_each(|key| _ = black_box(tree.get(*key))),
        |tree| tree.iter().count(),
    )
}

fn hash_index(keys: &[u64]) -> Times {
    let mut times = laps(
        keys,
        || {
            let mut index = HashIndex::new();
            keys.iter().for_each(|key| _ = index.insert(*key, *key));
            index
        },
        |index| keys.iter().for_each(|key| _ = black_box(index.get(*key))),
        |index| index.len() as usize,
    );
    // It has no order to scan in.
    times[2] = f64::INFINITY;
    times
}

fn durable_tree(keys: &[u64]) -> Times {
    laps(
        keys,
        || {
            let mut index = DurableTree::open(Disk::new(), 4096).expect("an empty disk");
            for batch in keys.chunks(BATCH) {
                index.tree_mut().extend(batch.iter().map(|key| (*key, *key)));
                index.commit();
                if index.log_bytes() > 16 << 20 {
                    index.checkpoint();
                }
            }
            index
        },
        |index| keys.iter().for_each(|key| _ = black_box(index.tree().get(*key))),
        |index| index.tree().iter().count(),
    )
}

fn lsm_tree(keys: &[u64]) -> Times {
    laps(
        keys,
        || {
            let options = LsmOptions { memtable_bytes: 1 << 20, ..LsmOptions::default() };
            let mut tree = LsmTree::open(Disk::new(), options).expect("an empty disk");
            keys.iter().for_each(|key| tree.put(&key.to_be_bytes(), &key.to_be_bytes()));
            tree
        },
        |tree| keys.iter().for_each(|key| _ = black_box(tree.get(&key.to_be_bytes()))),
        |tree| tree.range(&[], &[255; 9]).len(),
    )
}

fn redb(keys: &[u64]) -> Times {
    laps(
        keys,
        || {
            let backend = redb::backends::InMemoryBackend::new();
            let database = Database::builder().create_with_backend(backend).expect("a database");
            for batch in keys.chunks(BATCH) {
                let transaction = database.begin_write().expect("a transaction");
                {
                    let mut table = transaction.open_table(TABLE).expect("a table");
                    for key in batch {
                        table.insert(*key, *key).expect("an insert");
                    }
                }
                transaction.commit().expect("a commit");
            }
            database
        },
        |database| {
            let transaction = database.begin_read().expect("a transaction");
            let table = transaction.open_table(TABLE).expect("a table");
            keys.iter().for_each(|key| _ = black_box(table.get(*key).expect("a read")));
        },
        |database| {
            let transaction = database.begin_read().expect("a transaction");
            transaction.open_table(TABLE).expect("a table").iter().expect("a scan").count()
        },
    )
}

type Contender = (&'static str, fn(&[u64]) -> Times);

const CONTENDERS: [Contender; 6] = [
    ("std BTreeMap, in memory", std_map),
    ("ours, B+ tree, in memory", b_plus_tree),
    ("ours, hash index, in memory", hash_index),
    ("redb, safe, 100 to a commit", redb),
    ("ours, B+ tree, safe, 100 to a commit", durable_tree),
    ("ours, LSM tree, safe, each key", lsm_tree),
];

fn main() {
    for count in [10_000, 300_000] {
        let keys = shuffled(count);
        let mut best = [[f64::INFINITY; 3]; CONTENDERS.len()];
        for run in 0..RUNS {
            for turn in 0..CONTENDERS.len() {
                // Another one goes first in each run.
                let which = (run + turn) % CONTENDERS.len();
                let times = CONTENDERS[which].1(black_box(&keys));
                best[which].iter_mut().zip(times).for_each(|(best, time)| *best = time.min(*best));
            }
        }
        let mut table = Table::new(["store", "insert ns", "lookup ns", "scan ns"])
            .caption(format!("{} keys of 8 bytes with values of 8 bytes, in random order", thousands(count)));
        for ((name, _), times) in CONTENDERS.iter().zip(best) {
            let cell = |time: f64| if time.is_finite() { fixed(time, 1) } else { String::new() };
            table.push([name.to_string()].into_iter().chain(times.map(cell)));
        }
        println!("{table}\n");
    }
}
