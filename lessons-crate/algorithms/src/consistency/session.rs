//! Session guarantees: what one client may expect of a store whose replicas lag.

use std::collections::BTreeMap;
use std::fmt;

use super::history::{Action, History};
use crate::display::{MimeBundle, Render};
use crate::table::Table;

/// How often each of the four session guarantees was broken, with the first witness.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionReport {
    /// Reads that did not reflect an earlier write of the same client.
    pub read_your_writes: Broken,
    /// Reads that were older than an earlier read of the same client.
    pub monotonic_reads: Broken,
    /// Writes ordered before an earlier write of the same client.
    pub monotonic_writes: Broken,
    /// Writes ordered before a write whose value the same client had read.
    pub writes_follow_reads: Broken,
}

/// How often a guarantee was broken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Broken {
    /// By so many operations.
    pub count: usize,
    /// The first of them, as the indices of the earlier and of the later operation.
    pub first: Option<(usize, usize)>,
}

impl Broken {
    fn by(&mut self, earlier: usize, later: usize) {
        self.count += 1;
        self.first.get_or_insert((earlier, later));
    }
}

impl SessionReport {
    /// True when all four held.
    pub fn all_hold(&self) -> bool {
        self.rows().iter().all(|(_, broken)| broken.count == 0)
    }

    fn rows(&self) -> [(&'static str, &Broken); 4] {
        [
            ("read your writes", &self.read_your_writes),
            ("monotonic reads", &self.monotonic_reads),
            ("monotonic writes", &self.monotonic_writes),
            ("writes follow reads", &self.writes_follow_reads),
        ]
    }

    /// One row per guarantee.
    pub fn table(&self) -> Table {
        let mut table = Table::new(["guarantee", "violations"]);
        for (name, broken) in self.rows() {
            table.push([name.to_owned(), broken.count.to_string()]);
        }
        table
    }
}

impl fmt::Display for SessionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table().fmt(f)
    }
}

impl Render for SessionReport {
    fn render(&self) -> MimeBundle {
        self.table().render()
    }
}

crate::rich_display!(SessionReport);

/// Checks the four session guarantees of Terry et al. against the order that the store gave the writes.
///
/// `write_order` lists the written values of one register from oldest to newest, as its versions say; the
/// initial value comes before all. Operations of other keys, unanswered reads, and values that are not in the
/// list are skipped. O(n log n).
///
/// # Sources
///
/// D. B. Terry et al., "Session Guarantees for Weakly Consistent Replicated Data", PDIS 1994,
/// doi:10.1109/PDIS.1994.331722, for stores whose replicas agree on one order of writes in the end.
///
/// # Examples
///
/// ```
/// use lessons::consistency::{History, session_guarantees};
///
/// let history = History::new().write(0, 1, 0.0..1.0).read(0, 0, 2.0..3.0);
/// let report = session_guarantees(&history, &[1]);
/// assert_eq!(report.read_your_writes.count, 1);
/// assert_eq!(report.monotonic_reads.count, 0);
/// ```
pub fn session_guarantees(history: &History, write_order: &[u64]) -> SessionReport {
    let age: BTreeMap<u64, usize> =
        write_order.iter().enumerate().map(|(place, &value)| (value, place + 1)).collect();
    let place = |value: u64| age.get(&value).copied().or((value == super::INITIAL).then_some(0));
    let mut report = SessionReport::default();
    for session in history.sessions() {
        // The newest written and the newest read so far: its place in the order, and by which operation.
        let (mut written, mut read) = (None::<(usize, usize)>, None::<(usize, usize)>);
        for index in session {
            let operation = &history.operations()[index];
            let (value, is_write) = match operation.action {
                Action::Write(value) => (value, true),
                Action::Read(value) if operation.ret.is_some() => (value, false),
                Action::Cas { new, done: true, .. } => (new, true),
                _ => continue,
            };
            let Some(place) = place(value).filter(|_| operation.key == 0) else { continue };
            let (by_write, by_read) = if is_write {
                (&mut report.monotonic_writes, &mut report.writes_follow_reads)
            } else {
                (&mut report.read_your_writes, &mut report.monotonic_reads)
            };
            for (newest, broken) in [(written, by_write), (read, by_read)] {
                if let Some((_, earlier)) = newest.filter(|&(newer, _)| newer > place) {
                    broken.by(earlier, index);
                }
            }
            let newest = if is_write { &mut written } else { &mut read };
            if newest.is_none_or(|(newer, _)| place > newer) {
                *newest = Some((place, index));
            }
        }
    }
    report
}
