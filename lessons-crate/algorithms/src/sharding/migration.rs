//! A shard moves to another machine while it is written to.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::interrupt::checkpoint;
use crate::rng::Rng;

/// How far a move is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Rows are copied in the order of their keys; the old shard owns them.
    Copying,
    /// The changes made since the start are played on the copy; the old shard owns the rows.
    CatchingUp,
    /// Few changes are left, and no more are accepted.
    Fenced,
    /// The new shard owns the rows.
    Done,
}

/// The way to move, right or with a step left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Procedure {
    /// Copy, catch up from a log of changes, refuse writes for the last few, cut over.
    Safe,
    /// Copy and cut over: what changed behind the copy is forgotten.
    NoLog,
    /// Writes go on while the last changes are played: those of that moment are left behind.
    NoFence,
    /// The log has new values and no deletions.
    NoDeletes,
    /// Write to both while rows are copied; a row that was read before a write arrives after it.
    DoubleWrite,
}

impl Procedure {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Safe, Self::NoLog, Self::NoFence, Self::NoDeletes, Self::DoubleWrite];
}

/// A write that was not done: the shard is being cut over; try again, with a new address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the shard is being cut over: ask for its new address and try again")]
pub struct Refused;

/// Rows on their way from one shard to another, with clients who write meanwhile.
///
/// Invariant of the safe way, at any moment before the cut-over: the copy, with the rest of the log played on it,
/// is what the old shard has, for every key that the copying has passed. At the cut-over it has passed all, and
/// the rest of the log is empty, because nobody may write.
///
/// # Sources
///
/// S. Das, S. Nishimura, D. Agrawal, A. El Abbadi, "Albatross: Lightweight Elasticity in Shared Storage Databases
/// for the Cloud using Live Data Migration", PVLDB 4(8), 2011 (copy, catch up in rounds, a short hand-over).
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
/// use lessons::sharding::{Migration, Phase, Procedure};
///
/// let rows = BTreeMap::from([(1, 10), (2, 20)]);
/// let mut moving = Migration::new(rows, 1, Procedure::Safe);
/// moving.step(); // Copies row 1 ...
/// moving.write(1, Some(11))?; // ... which changes behind the copy.
/// while moving.phase() != Phase::Done {
///     moving.step();
/// }
/// assert_eq!(moving.read(1), Some(11));
/// # Ok::<(), lessons::sharding::Refused>(())
/// ```
#[derive(Clone, Debug)]
pub struct Migration {
    source: BTreeMap<u64, u64>,
    target: BTreeMap<u64, u64>,
    phase: Phase,
    procedure: Procedure,
    batch: usize,
    /// The last key that was copied.
    copied: Option<u64>,
    /// Rows that were read and have not arrived; only writing to both lets time pass between.
    in_flight: Vec<(u64, u64)>,
    /// Every change since the start; `None` deletes.
    log: Vec<(u64, Option<u64>)>,
    played: usize,
}

impl Migration {
    /// Moves these rows, at most `batch` rows or changes in a step.
    ///
    /// # Panics
    ///
    /// When `batch` is 0.
    pub fn new(rows: BTreeMap<u64, u64>, batch: usize, procedure: Procedure) -> Self {
        assert!(batch > 0, "a step moves at least one row");
        Self {
            source: rows,
            target: BTreeMap::new(),
            phase: Phase::Copying,
            procedure,
            batch,
            copied: None,
            in_flight: Vec::new(),
            log: Vec::new(),
            played: 0,
        }
    }

    /// How far it is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// A client writes a value, or deletes with `None`. `Ok` is the acknowledgment.
    ///
    /// # Errors
    ///
    /// During the cut-over.
    pub fn write(&mut self, key: u64, value: Option<u64>) -> Result<(), Refused> {
        match self.phase {
            Phase::Done => set(&mut self.target, key, value),
            Phase::Fenced if self.procedure != Procedure::NoFence => return Err(Refused),
            _ => {
                set(&mut self.source, key, value);
                match self.procedure {
                    Procedure::DoubleWrite => set(&mut self.target, key, value),
                    // The last round has begun: it does not see what comes now.
                    Procedure::NoFence if self.phase == Phase::Fenced => {}
                    Procedure::NoDeletes if value.is_none() => {}
                    _ => self.log.push((key, value)),
                }
            }
        }
        Ok(())
    }

    /// A client reads, from the owner.
    pub fn read(&self, key: u64) -> Option<u64> {
        let owner = if self.phase == Phase::Done { &self.target } else { &self.source };
        owner.get(&key).copied()
    }

    /// The mover does its next piece of work.
    pub fn step(&mut self) {
        match self.phase {
            Phase::Copying => self.copy(),
            Phase::CatchingUp => {
                self.play(self.batch);
                if self.log.len() - self.played <= self.batch {
                    self.phase = Phase::Fenced;
                }
            }
            Phase::Fenced => {
                self.play(usize::MAX);
                self.phase = Phase::Done;
            }
            Phase::Done => {}
        }
    }

    fn copy(&mut self) {
        self.target.extend(self.in_flight.drain(..));
        let after = self.copied.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.source.range((after, Bound::Unbounded)).take(self.batch);
        let rows: Vec<(u64, u64)> = rows.map(|(&key, &value)| (key, value)).collect();
        match rows.last() {
            Some(&(last, _)) => self.copied = Some(last),
            None => {
                self.phase = match self.procedure {
                    Procedure::NoLog | Procedure::DoubleWrite => Phase::Done,
                    _ => Phase::CatchingUp,
                };
            }
        }
        match self.procedure {
            Procedure::DoubleWrite => self.in_flight = rows,
            _ => self.target.extend(rows),
        }
    }

    fn play(&mut self, most: usize) {
        let end = self.log.len().min(self.played.saturating_add(most));
        for &(key, value) in &self.log[self.played..end] {
            set(&mut self.target, key, value);
        }
        self.played = end;
    }

    /// The mover dies and begins anew, with nothing in memory. Until the cut-over the old shard owns the rows, and
    /// its log is still there, so that nothing is lost but time: the copy is made over what is there already, and
    /// the log is played from its start, which does no harm twice.
    pub fn crash(&mut self) {
        if self.phase != Phase::Done {
            self.phase = Phase::Copying;
            self.copied = None;
            self.in_flight.clear();
            self.played = 0;
        }
    }
}

fn set(rows: &mut BTreeMap<u64, u64>, key: u64, value: Option<u64>) {
    match value {
        Some(value) => {
            rows.insert(key, value);
        }
        None => {
            rows.remove(&key);
        }
    }
}

/// What many moves, each with other moments of writes and steps, did to acknowledged writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// How many moves there were.
    pub moves: u64,
    /// In how many of them a row was wrong at the end.
    pub wrong_moves: u64,
    /// Writes that clients were told are done.
    pub acknowledged: u64,
    /// Writes that were refused during a cut-over, for the client to try again.
    pub refused: u64,
    /// Keys whose last acknowledged value is not there at the end.
    pub lost: u64,
    /// Keys that were deleted and are back.
    pub resurrected: u64,
}

/// Moves a shard of 100 rows `moves` times, ten at a time, with two writes to each step on average, one in five of
/// them a deletion, and a mover that dies now and then (under the safe procedure); compares what clients were told
/// with what the new shard has.
pub fn audit(procedure: Procedure, moves: u64, rng: &mut Rng) -> Audit {
    let mut audit = Audit { moves, ..Audit::default() };
    for _ in 0..moves {
        checkpoint();
        let mut told: BTreeMap<u64, Option<u64>> = (0..100).map(|key| (2 * key, Some(key))).collect();
        let rows = told.iter().filter_map(|(&key, &value)| Some((key, value?))).collect();
        let mut moving = Migration::new(rows, 10, procedure);
        let mut crashes = u32::from(procedure == Procedure::Safe && rng.chance(0.5));
        while moving.phase() != Phase::Done {
            if rng.chance(2.0 / 3.0) {
                let (key, value) = (rng.below(200), (!rng.chance(0.2)).then(|| rng.next_u64()));
                match moving.write(key, value) {
                    Ok(()) => {
                        audit.acknowledged += 1;
                        told.insert(key, value);
                    }
                    Err(Refused) => audit.refused += 1,
                }
            } else if crashes > 0 && rng.chance(0.1) {
                crashes -= 1;
                moving.crash();
            } else {
                moving.step();
            }
        }
        let (mut lost, mut resurrected) = (0, 0);
        for (&key, &value) in &told {
            let found = moving.read(key);
            resurrected += u64::from(value.is_none() && found.is_some());
            lost += u64::from(value.is_some() && found != value);
        }
        audit.wrong_moves += u64::from(lost + resurrected > 0);
        audit.lost += lost;
        audit.resurrected += resurrected;
    }
    audit
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rng::Rng;

    #[test]
    fn the_safe_way_loses_nothing_and_each_shortcut_does() {
        for procedure in Procedure::ALL {
            let audit = audit(procedure, 10_000, &mut Rng::new(12));
            let wrong = (audit.lost > 0, audit.resurrected > 0);
            let expected = match procedure {
                Procedure::Safe => (false, false),
                Procedure::NoDeletes => (false, true),
                _ => (true, true),
            };
            assert_eq!(wrong, expected, "{procedure:?}: {audit:?}");
            assert_eq!(audit.wrong_moves > 0, procedure != Procedure::Safe);
            let fences = matches!(procedure, Procedure::Safe | Procedure::NoDeletes);
            assert_eq!(audit.refused > 0, fences, "{procedure:?}: {audit:?}");
        }
    }

    #[derive(Clone, Debug)]
    enum Event {
        Write(u64, Option<u64>),
        Step,
        Crash,
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            6 => (0u64..30, prop::option::weighted(0.7, 0u64..1_000)).prop_map(|(key, value)| Event::Write(key, value)),
            3 => Just(Event::Step),
            1 => Just(Event::Crash),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_readers_see_the_last_acknowledged_write(
            events in prop::collection::vec(event(), 0..200),
            batch in 1usize..8,
        ) {
            let mut model: BTreeMap<u64, u64> = (0..20).map(|key| (key, key)).collect();
            let mut moving = Migration::new(model.clone(), batch, Procedure::Safe);
            let mut check = |moving: &mut Migration, event: &Event| {
                match *event {
                    Event::Write(key, value) => {
                        if moving.write(key, value).is_ok() {
                            set(&mut model, key, value);
                        }
                    }
                    Event::Step => moving.step(),
                    Event::Crash => moving.crash(),
                }
                (0..30).all(|key| moving.read(key) == model.get(&key).copied())
            };
            for event in &events {
                prop_assert!(check(&mut moving, event), "{event:?}");
            }
            for _ in 0..1_000 {
                prop_assert!(check(&mut moving, &Event::Step));
            }
            prop_assert_eq!(moving.phase(), Phase::Done);
        }
    }
}
