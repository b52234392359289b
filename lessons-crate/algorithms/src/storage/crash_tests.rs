//! Power is cut at every byte that was written: what was acknowledged is there, and nothing half done.

use std::collections::BTreeMap;

use super::*;
use crate::rng::Rng;

type Model = BTreeMap<u64, u64>;

/// After each acknowledged operation: how far the disk had got, and what must be there.
type History = Vec<(usize, Model)>;

/// Changes to be made: `None` deletes.
fn changes(count: usize, keys: u64, seed: u64) -> Vec<(u64, Option<u64>)> {
    let mut rng = Rng::new(seed);
    (0..count).map(|_| (rng.below(keys), rng.chance(0.7).then(|| rng.below(1_000)))).collect()
}

/// Crashes at every step; `found` opens what is left and gives all that is in it.
fn check_every_crash(disk: &Disk, history: &History, found: impl Fn(Disk) -> Result<Model, StorageError>) {
    let mut rng = Rng::new(1);
    for step in 0..=disk.steps() {
        // Acknowledged before this step was begun; the next one may have got through just as well.
        let safe = history.iter().filter(|(end, _)| *end < step).count();
        let before = safe.checked_sub(1).map_or_else(Model::new, |last| history[last].1.clone());
        let after = history.get(safe).map_or(&before, |next| &next.1);
        for left in [disk.crash_at(step), disk.crash_with_losses(step, &mut rng)] {
            let found = found(left).unwrap_or_else(|error| panic!("cut at {step}: {error}"));
            assert!(
                found == before || found == *after,
                "cut at {step}: {found:?}\nis neither {before:?}\nnor {after:?}"
            );
        }
    }
}

#[test]
fn the_b_plus_tree_survives_a_crash_at_any_byte() {
    let open = |disk| DurableTree::open(disk, 56);
    let mut index = open(Disk::recording()).expect("an empty disk");
    let (mut model, mut history) = (Model::new(), History::new());
    for (number, (key, value)) in changes(60, 25, 3).into_iter().enumerate() {
        match value {
            Some(value) => drop(index.tree_mut().insert(key, value)),
            None => drop(index.tree_mut().remove(key)),
        }
        match value {
            Some(value) => drop(model.insert(key, value)),
            None => drop(model.remove(&key)),
        }
        index.commit();
        history.push((index.disk().steps(), model.clone()));
        if number % 15 == 14 {
            index.checkpoint();
        }
    }
    assert!(index.tree().height() >= 3, "splits and merges at all levels");
    assert!(index.log_bytes() == 0, "the last thing was a checkpoint");
    let disk = index.into_disk();
    assert!(disk.steps() > 5_000);
    check_every_crash(&disk, &history, |left| {
        let index = open(left)?;
        index.tree().assert_valid(false);
        // Opening again finds the same, and what follows is safe too.
        let mut index = open(index.into_disk())?;
        let found = index.tree().iter().collect();
        index.tree_mut().insert(1_000, 1);
        index.commit();
        assert_eq!(open(index.into_disk())?.tree().get(1_000), Some(1));
        Ok(found)
    });
}

#[test]
fn a_b_plus_tree_whose_log_is_lost_is_refused_or_can_be_read() {
    let mut index = DurableTree::open(Disk::recording(), 56).expect("an empty disk");
    for (number, key) in (0..60u64).enumerate() {
        index.tree_mut().insert(key * 7 % 60, key);
        if number % 15 == 14 {
            index.checkpoint();
        }
    }
    let disk = index.into_disk();
    let mut refused = 0;
    for step in 0..=disk.steps() {
        let mut left = disk.crash_at(step);
        left.remove("tree.log");
        match DurableTree::open(left, 56) {
            Ok(mut index) => {
                let found = (0..60).filter(|key| index.tree().get(*key).is_some()).count() as u64;
                assert!(found <= index.tree().len());
                index.tree_mut().insert(100, 1);
            }
            Err(error) => {
                assert!(error.to_string().contains("tree.pages"), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "some cuts tear a page");
}

#[test]
fn the_lsm_tree_survives_a_crash_at_any_byte() {
    for compaction in [Compaction::Leveled { ratio: 2 }, Compaction::Tiered { ratio: 2 }] {
        let options = LsmOptions { memtable_bytes: 48, block_bytes: 40, bits_per_key: 8.0, compaction };
        let mut tree = LsmTree::open(Disk::recording(), options).expect("an empty disk");
        let (mut model, mut history) = (Model::new(), History::new());
        for (key, value) in changes(60, 30, 4) {
            match value {
                Some(value) => tree.put(&key.to_be_bytes(), &value.to_be_bytes()),
                None => tree.delete(&key.to_be_bytes()),
            }
            match value {
                Some(value) => drop(model.insert(key, value)),
                None => drop(model.remove(&key)),
            }
            history.push((tree.disk().steps(), model.clone()));
        }
        assert!(tree.files_by_level().len() >= 3, "{:?}", tree.files_by_level());
        let number = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().expect("8 bytes"));
        let contents = |tree: &LsmTree| -> Model {
            tree.range(&[], &[255; 9]).iter().map(|(key, value)| (number(key), number(value))).collect()
        };
        let disk = tree.into_disk();
        assert!(disk.steps() > 3_000);
        check_every_crash(&disk, &history, |left| {
            let mut tree = LsmTree::open(left, options)?;
            let found = contents(&tree);
            tree.put(&[9; 8], &[1; 8]);
            assert_eq!(LsmTree::open(tree.into_disk(), options)?.get(&[9; 8]), Some(vec![1; 8]));
            Ok(found)
        });
    }
}

/// The tests above would find a mistake: here a sync is left out.
#[test]
fn without_waiting_for_the_log_a_write_can_be_lost() {
    let mut disk = Disk::recording();
    let record = journal::encode(0, b"paid");
    disk.append("log", &record);
    let acknowledged = disk.steps();
    disk.append("table", b"x");
    let mut rng = Rng::new(2);
    let lost = (0..20).filter(|_| {
        let mut left = disk.crash_with_losses(acknowledged + 1, &mut rng);
        journal::open(&mut left, "log").is_empty()
    });
    assert!(lost.count() > 0);
}
