//! Checks which versions of a row a snapshot shows.

use std::collections::BTreeSet;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// A version of a row, as PostgreSQL keeps it: who made it, and who deleted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowVersion {
    /// The transaction that made this version.
    pub created_by: u64,
    /// The transaction that deleted it, or put another one in its place.
    pub deleted_by: Option<u64>,
}

/// What a transaction's snapshot knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenSnapshot {
    /// The transaction whose snapshot it is.
    pub me: u64,
    /// The number that the next transaction was going to get: this one and greater ones began later.
    pub next: u64,
    /// The other transactions that were running when the snapshot was taken, whatever became of them since.
    pub running: BTreeSet<u64>,
    /// Transactions that aborted.
    pub aborted: BTreeSet<u64>,
}

type Visible = fn(&RowVersion, &TakenSnapshot) -> bool;

/// Checks a function that tells whether a snapshot shows a version.
pub fn visible(visible: fn(&RowVersion, &TakenSnapshot) -> bool) -> Report {
    let of = move |created_by, deleted_by| (RowVersion { created_by, deleted_by }, snapshot());
    Checker::new(&EXERCISE)
        .visible("what was committed before the snapshot is there", move || {
            expect(visible, of(1, None), true, "committed-hidden",
                "Transaction 1 ended before the snapshot was taken and did not abort: its version is there.")
        })
        .visible("what a running transaction writes is not there, even if its number is smaller", move || {
            expect(visible, of(2, None), false, "running-seen",
                "A smaller number began earlier; it need not have ended. Look into `running` too.")
        })
        .visible("a version is gone when its deletion is seen, and only then", move || {
            expect(visible, of(1, Some(3)), false, "deleted-seen",
                "Transaction 3 was committed before the snapshot and deleted the version: look at `deleted_by` too.")?;
            expect(visible, of(1, Some(2)), true, "running-delete-counts",
                "The deleter was still running: for this snapshot the deletion has not happened. Ask of the deleter exactly what you ask of the creator.")
        })
        .visible("one's own changes are seen", move || {
            expect(visible, of(5, None), true, "own-writes-hidden",
                "A transaction sees what it has written itself, before anybody else does: `me` is neither later nor running.")?;
            expect(visible, of(1, Some(5)), false, "own-delete-ignored",
                "What a transaction has deleted itself is gone for it: `me` counts as a deleter too.")
        })
        .hidden("what an aborted transaction wrote never was", move || {
            expect(visible, of(4, None), false, "aborted-seen",
                "Transaction 4 aborted: nothing that it wrote was ever there. Look into `aborted`.")?;
            expect(visible, of(1, Some(4)), true, "aborted-delete-counts",
                "The deleter aborted, so nothing was deleted. Ask of the deleter exactly what you ask of the creator.")
        })
        .hidden("what began after the snapshot is not there", move || {
            expect(visible, of(6, None), false, "sees-the-future",
                "Transaction 6 began after the snapshot was taken (`next` is 6). It may have committed since; that is what a snapshot hides.")?;
            expect(visible, of(1, Some(8)), true, "sees-the-future",
                "The deleter began after the snapshot was taken: the version is still there.")
        })
        .hidden("it is right for every version and 64 snapshots", move || every(visible))
        .finish()
}

/// Transactions 1 and 3 committed, 2 runs, 4 aborted, 5 asks.
fn snapshot() -> TakenSnapshot {
    TakenSnapshot { me: 5, next: 6, running: BTreeSet::from([2]), aborted: BTreeSet::from([4]) }
}

fn right(version: &RowVersion, snapshot: &TakenSnapshot) -> bool {
    let counts = |id: u64| {
        let ended = id < snapshot.next && !snapshot.running.contains(&id);
        id == snapshot.me || (ended && !snapshot.aborted.contains(&id))
    };
    counts(version.created_by) && !version.deleted_by.is_some_and(counts)
}

fn expect(
    visible: Visible,
    (version, snapshot): (RowVersion, TakenSnapshot),
    expected: bool,
    key: &'static str,
    message: &str,
) -> Result<(), Failure> {
    if visible(&version, &snapshot) == expected {
        return Ok(());
    }
    Err(different(&version, &snapshot, expected).diagnosis(key, message))
}

fn different(version: &RowVersion, snapshot: &TakenSnapshot, expected: bool) -> Failure {
    Failure::new(expected.to_string(), (!expected).to_string())
        .input(format!("visible(&{version:?}, &{snapshot:?})"))
}

fn diagnose(
    version: &RowVersion,
    snapshot: &TakenSnapshot,
    expected: bool,
) -> Option<(&'static str, String)> {
    let between = |id: u64| snapshot.me < id && id < snapshot.next;
    let (key, message) = if between(version.created_by) || version.deleted_by.is_some_and(between) {
        (
            "me-for-next",
            "Transaction 5 began after `me`, which is 4, and ended before the snapshot was taken (`next` is 6), so it counts: compare with `next`. A snapshot may be taken later than its transaction got its number.",
        )
    } else if version.created_by == snapshot.me && version.deleted_by.is_some() && !expected {
        (
            "own-version-deleted",
            "Whoever made a version does not see it for ever: it may be deleted again. Ask of the deleter too when the creator is `me`.",
        )
    } else {
        return None;
    };
    Some((key, message.to_owned()))
}

fn every(visible: Visible) -> Result<(), Failure> {
    for bits in 0..64u64 {
        let set =
            |shift: u64| (1..=3).filter(|id| bits >> (shift + id - 1) & 1 == 1).collect::<BTreeSet<u64>>();
        let snapshot = TakenSnapshot { me: 4, next: 6, running: set(0), aborted: set(3) };
        for created_by in 1..=7 {
            for deleted_by in std::iter::once(None).chain((1..=7).map(Some)) {
                let version = RowVersion { created_by, deleted_by };
                let expected = right(&version, &snapshot);
                if visible(&version, &snapshot) != expected {
                    let failure = different(&version, &snapshot, expected);
                    return Err(failure.maybe_diagnosis(diagnose(&version, &snapshot, expected)));
                }
            }
        }
    }
    Ok(())
}
