//! Checks which versions of a row a snapshot shows.

use std::collections::BTreeSet;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

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

/// A version and a snapshot in, whether it is shown out.
type Answer = fn(&RowVersion, &TakenSnapshot) -> bool;
planted!("transaction/visible");

type Input = (RowVersion, TakenSnapshot);

const QUESTION: Question<Answer, Input, bool> = Question {
    ask: |visible, (version, snapshot)| visible(version, snapshot),
    right: |(version, snapshot)| {
        let counts = |id: u64| {
            let ended = id < snapshot.next && !snapshot.running.contains(&id);
            id == snapshot.me || (ended && !snapshot.aborted.contains(&id))
        };
        counts(version.created_by) && !version.deleted_by.is_some_and(counts)
    },
    accepts: None,
    same: |one, other| one == other,
    input: |(version, snapshot)| format!("visible(&{version:?}, &{snapshot:?})"),
    output: bool::to_string,
};

/// Checks a function that tells whether a snapshot shows a version.
pub fn visible(visible: fn(&RowVersion, &TakenSnapshot) -> bool) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, visible, MISTAKES)
        .visible("what was committed before the snapshot is there", || vec![of(1, None), of(3, None)])
        .visible("what a running transaction writes is not there, even if its number is smaller", || {
            vec![of(2, None)]
        })
        .visible("a version is gone when its deletion is seen, and only then", || {
            vec![of(1, Some(3)), of(1, Some(2))]
        })
        .visible("one's own changes are seen", || vec![of(5, None), of(1, Some(5)), of(5, Some(5))])
        .hidden("what an aborted transaction wrote never was", || vec![of(4, None), of(1, Some(4))])
        .hidden("what began after the snapshot is not there", || vec![of(6, None), of(1, Some(8))])
        .hidden("it is right for every version and 128 snapshots", every)
        .finish()
}

/// Transactions 1 and 3 committed, 2 runs, 4 aborted, 5 asks.
fn of(created_by: u64, deleted_by: Option<u64>) -> Input {
    let running = BTreeSet::from([2]);
    (
        RowVersion { created_by, deleted_by },
        TakenSnapshot { me: 5, next: 6, running, aborted: BTreeSet::from([4]) },
    )
}

fn every() -> Vec<Input> {
    let mut inputs = Vec::new();
    for bits in 0..128u64 {
        let set = |shift: u64, ids: [u64; 3]| {
            let chosen = ids.into_iter().enumerate().filter(|(i, _)| bits >> (shift + *i as u64) & 1 == 1);
            chosen.map(|(_, id)| id).collect::<BTreeSet<u64>>()
        };
        // One that began after `me` may have ended before the snapshot, or run, or have aborted.
        let mut aborted = set(3, [1, 3, 5]);
        if bits >> 6 == 1 {
            // Later than the snapshot.
            aborted.insert(6);
        }
        let snapshot = TakenSnapshot { me: 4, next: 6, running: set(0, [1, 2, 5]), aborted };
        for created_by in 1..=7 {
            for deleted_by in std::iter::once(None).chain((1..=7).map(Some)) {
                inputs.push((RowVersion { created_by, deleted_by }, snapshot.clone()));
            }
        }
    }
    inputs
}
