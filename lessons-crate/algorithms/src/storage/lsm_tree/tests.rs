//! The tree against `BTreeMap`, and what its policies cost against theory.

use proptest::prelude::*;

use super::*;
use crate::rng::Rng;
use crate::storage::formula;

fn options(memtable_bytes: usize, compaction: Compaction, bits_per_key: f64) -> LsmOptions {
    LsmOptions { memtable_bytes, block_bytes: 64.max(memtable_bytes / 16), bits_per_key, compaction }
}

fn compaction() -> impl Strategy<Value = Compaction> {
    (2..5usize, any::<bool>()).prop_map(|(ratio, leveled)| {
        if leveled { Compaction::Leveled { ratio } } else { Compaction::Tiered { ratio } }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn it_is_a_sorted_map(
        ops in prop::collection::vec((0..120u8, any::<Option<u16>>(), 0..100u8), 1..500),
        compaction in compaction(),
        bits_per_key in 0.0f64..12.0,
    ) {
        let options = options(100, compaction, bits_per_key);
        let mut tree = LsmTree::open(Disk::new(), options).expect("an empty disk");
        let mut model = BTreeMap::new();
        for (key, value, chance) in ops {
            match value {
                Some(value) => {
                    tree.put(&[key], &value.to_le_bytes());
                    model.insert(vec![key], value.to_le_bytes().to_vec());
                }
                None => {
                    tree.delete(&[key]);
                    model.remove(&vec![key]);
                }
            }
            if chance < 3 {
                tree = LsmTree::open(tree.into_disk(), options).expect("nothing is damaged");
            }
            prop_assert_eq!(tree.get(&[key]), model.get(&vec![key]).cloned());
        }
        for key in 0..120u8 {
            prop_assert_eq!(tree.get(&[key]), model.get(&vec![key]).cloned());
        }
        let found = tree.range(&[30], &[90]);
        let expected: Vec<_> = model.range(vec![30]..vec![90]).map(|(k, v)| (k.clone(), v.clone())).collect();
        prop_assert_eq!(found, expected);
        if let Compaction::Leveled { .. } = compaction {
            prop_assert!(tree.files_by_level().iter().all(|files| *files <= 1));
        }
    }
}

/// Random keys of 8 bytes with values of 92, each once.
fn loaded(count: u64, compaction: Compaction, bits_per_key: f64) -> LsmTree {
    let mut tree =
        LsmTree::open(Disk::new(), options(10_000, compaction, bits_per_key)).expect("an empty disk");
    let mut keys: Vec<u64> = (0..count).collect();
    Rng::new(5).shuffle(&mut keys);
    for key in keys {
        tree.put(&key.to_be_bytes(), &[7; 92]);
    }
    tree
}

#[test]
fn tiering_writes_less_and_leveling_reads_less() {
    // A memtable holds 100 entries; with a ratio of 4, three levels hold 100 * (4 + 16 + 64).
    let leveled = loaded(8_000, Compaction::Leveled { ratio: 4 }, 10.0);
    let tiered = loaded(8_000, Compaction::Tiered { ratio: 4 }, 10.0);
    for (tree, is_leveled) in [(&leveled, true), (&tiered, false)] {
        let levels = tree.files_by_level().len() as u64;
        let expected = formula::lsm_write_amplification(is_leveled, 4, levels);
        let found = tree.write_amplification();
        // Lengths and checksums add a fifth; the last levels are not full yet.
        assert!((0.7..1.5).contains(&(found / expected)), "{is_leveled}: {found}, expected {expected}");
    }
    assert!(leveled.write_amplification() > 1.4 * tiered.write_amplification());
    let files = |tree: &LsmTree| tree.files_by_level().iter().sum::<usize>();
    assert!(files(&leveled) < files(&tiered));
}

#[test]
fn filters_save_the_reads_of_absent_keys() {
    let reads = |bits_per_key: f64, present: bool| {
        let tree = loaded(8_000, Compaction::Tiered { ratio: 4 }, bits_per_key);
        let before = tree.disk().counts().reads;
        for key in 0..1_000u64 {
            // Absent keys lie between the others, so that no file can be left out by its bounds.
            let mut bytes = (key * 7).to_be_bytes().to_vec();
            bytes.extend(if present { None } else { Some(0) });
            assert_eq!(tree.get(&bytes).is_some(), present);
        }
        (tree.disk().counts().reads - before) as f64 / 1_000.0
    };
    let files =
        loaded(8_000, Compaction::Tiered { ratio: 4 }, 0.0).files_by_level().iter().sum::<usize>() as f64;
    assert!(reads(0.0, false) > 0.9 * files, "without filters every file is read");
    assert!(reads(10.0, false) < 0.03 * files, "with ten bits, about one in a hundred is");
    assert!((1.0..1.2).contains(&reads(10.0, true)), "and for a present key hardly more than its own");
}

#[test]
fn overwritten_and_deleted_entries_leave_the_disk() {
    let mut tree =
        LsmTree::open(Disk::new(), options(1_000, Compaction::Leveled { ratio: 2 }, 10.0)).expect("empty");
    for round in 0..50u8 {
        for key in 0..20u8 {
            tree.put(&[key], &[round; 50]);
        }
    }
    assert!(tree.disk().size_bytes() < 8_000, "50,000 bytes were put, 1,000 of them are new");
    for key in 0..20u8 {
        tree.delete(&[key]);
    }
    for _ in 0..20 {
        tree.put(b"x", &[0; 1_000]);
    }
    assert_eq!((tree.get(&[3]), tree.range(&[0], &[20])), (None, Vec::new()));
}

#[test]
fn a_damaged_file_is_named() {
    let tree = loaded(500, Compaction::Tiered { ratio: 4 }, 10.0);
    let mut disk = tree.into_disk();
    let file = disk.files().find(|file| file.ends_with(".table")).expect("a table").to_owned();
    let byte = disk.read_at(&file, 200, 1)[0];
    disk.write(&file, 200, &[byte ^ 1]);
    let error = LsmTree::open(disk, LsmOptions::default()).expect_err("a flipped bit");
    assert_eq!(
        error.to_string(),
        format!(
            "{file} is damaged (a block is missing or does not fit its checksum): restore it from a copy"
        )
    );
}
