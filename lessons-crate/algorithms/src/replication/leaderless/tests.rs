//! What quorums promise, and what sloppy ones do not.

use proptest::prelude::*;

use super::*;

fn read(store: &mut Leaderless, key: u64) -> Vec<String> {
    store.get(key).map(|(values, _)| values).unwrap_or_default()
}

fn replace(store: &mut Leaderless, key: u64, value: &str) -> Result<(), Refused> {
    let (_, context) = store.get(key)?;
    store.put(key, value, &context)
}

#[test]
fn strict_quorums_refuse_when_too_few_replicas_are_in_reach() {
    let mut store = Leaderless::new(5, 3, 2, 2);
    assert_eq!(store.replicas(4), [4, 0, 1]);
    store.take_down(4);
    assert_eq!(replace(&mut store, 4, "a"), Ok(()));
    store.take_down(0);
    assert_eq!(replace(&mut store, 4, "b"), Err(Refused { reached: 1, needed: 2 }));
    store.bring_back(0);
    assert_eq!(read(&mut store, 4), ["a"]);
}

#[test]
fn a_sloppy_quorum_takes_the_write_and_a_reader_may_miss_it_until_it_is_handed_off() {
    let mut store = Leaderless::new(6, 3, 2, 2).sloppy();
    replace(&mut store, 0, "old").unwrap();
    // Writers cannot reach two of the replicas; 3 and 4 stand in for them.
    store.take_down(0);
    store.take_down(1);
    replace(&mut store, 0, "new").unwrap();
    // Then these three are out of reach, and two of the replicas are back, without their hints: R + W > N.
    for node in [2, 3, 4] {
        store.take_down(node);
    }
    assert_eq!((store.bring_back(0), store.bring_back(1)), (0, 0));
    assert_eq!(read(&mut store, 0), ["old"]);
    for node in [2, 3, 4] {
        store.bring_back(node);
    }
    assert_eq!(store.bring_back(0) + store.bring_back(1), 2);
    assert_eq!(read(&mut store, 0), ["new"]);
}

#[test]
fn concurrent_writes_are_siblings_until_somebody_merges_them() {
    let mut store = Leaderless::new(3, 3, 2, 2);
    let (_, ada) = store.get(1).unwrap();
    let (_, bob) = store.get(1).unwrap();
    store.put(1, "milk", &ada).unwrap();
    store.put(1, "bread", &bob).unwrap();
    assert_eq!(read(&mut store, 1), ["milk", "bread"]);
    replace(&mut store, 1, "milk, bread").unwrap();
    assert_eq!(read(&mut store, 1), ["milk, bread"]);
}

proptest! {
    /// With R + W > N and strict quorums, whatever is down: an answered read has the last acknowledged write, when
    /// each write replaces what was read just before.
    #[test]
    fn strict_quorums_read_the_last_write(
        n in 1..5_usize, r in 1..5_usize, w in 1..5_usize,
        steps in prop::collection::vec((0..3_u8, 0..6_usize), 1..60),
    ) {
        let (r, w) = (r.min(n), w.min(n));
        prop_assume!(r + w > n);
        let mut store = Leaderless::new(6, n, r, w);
        let mut last: Option<String> = None;
        for (number, (what, node)) in steps.into_iter().enumerate() {
            match what {
                0 => store.take_down(node),
                1 => { store.bring_back(node); }
                _ => {
                    let value = format!("write {number}");
                    if replace(&mut store, 3, &value).is_ok() {
                        last = Some(value);
                    }
                }
            }
            if let Ok((values, _)) = store.get(3) {
                prop_assert_eq!(values, last.iter().cloned().collect::<Vec<_>>());
            }
        }
    }
}
