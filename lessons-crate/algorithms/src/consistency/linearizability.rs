//! Linearizability: every operation seems to happen at one moment between its question and its answer.

use std::collections::BTreeMap;

use super::explain::{self, Violation};
use super::history::{History, Operation};
use super::search::{Found, search};

/// How many configurations [`linearize`] visits for each key before it gives up: a few seconds.
const CONFIGURATIONS_MAX: u64 = 2_000_000;

/// One order of the operations that explains every answer and respects real time.
#[derive(Clone, Debug, PartialEq)]
pub struct Linearization {
    /// The operations that took effect, as indices into the history, in their order. Unanswered ones whose
    /// effect nobody saw are left out.
    pub order: Vec<usize>,
    /// When each operation of the history can have happened: between its question and its answer, and in the
    /// order of [`order`](Linearization::order). `None` for those left out.
    pub points: Vec<Option<f64>>,
}

/// Why there is no [`Linearization`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotLinearizable {
    /// No order explains the answers.
    #[error("not linearizable: {0}")]
    Violation(Violation),
    /// Too many operations at once: the question is NP-complete.
    #[error(
        "undecided after {configurations} configurations: check a shorter history, or one with fewer clients or fewer unanswered writes"
    )]
    Undecided {
        /// Configurations visited.
        configurations: u64,
    },
}

/// An order of the operations that explains the history, or the smallest part of it that has none.
///
/// Each key is checked by itself (linearizability is local), with Wing and Gong's search and Lowe's memory of
/// visited configurations. Writes without an answer may take effect at any later time, or never.
///
/// # Complexity
///
/// O(n log n) while few operations are concurrent: 10,000 operations of 4 clients take about 20 ms. Exponential
/// in the number of concurrent operations at worst. A violation costs some more searches to be made small.
///
/// # Errors
///
/// [`NotLinearizable::Violation`] with the smallest part, or [`NotLinearizable::Undecided`] after 2,000,000
/// configurations.
///
/// # Sources
///
/// J. M. Wing, C. Gong, "Testing and Verifying Concurrent Objects", J. Parallel and Distributed Computing
/// 17(1-2), 1993, doi:10.1006/jpdc.1993.1015. G. Lowe, "Testing for Linearizability", Concurrency and
/// Computation: Practice and Experience 29(4), 2017, doi:10.1002/cpe.3928. A. Horn, D. Kroening, "Faster
/// Linearizability Checking via P-Compositionality", FORTE 2015, doi:10.1007/978-3-319-19195-9_4.
///
/// # Examples
///
/// ```
/// use lessons::consistency::{History, linearize};
///
/// let concurrent = History::new().write(0, 1, 0.0..3.0).read(1, 1, 1.0..2.0);
/// assert_eq!(linearize(&concurrent)?.order, [0, 1]);
///
/// let stale = History::new().write(0, 1, 0.0..1.0).read(1, 0, 2.0..3.0);
/// assert!(linearize(&stale).unwrap_err().to_string().contains("stale read"));
/// # Ok::<(), lessons::consistency::NotLinearizable>(())
/// ```
pub fn linearize(history: &History) -> Result<Linearization, NotLinearizable> {
    linearize_within(history, CONFIGURATIONS_MAX)
}

/// As [`linearize`], giving up after this many configurations of one key.
///
/// # Errors
///
/// As [`linearize`].
pub fn linearize_within(history: &History, configurations: u64) -> Result<Linearization, NotLinearizable> {
    let operations = history.operations();
    let mut points = vec![None; operations.len()];
    // Of each operation that took effect: its moment, and its place in the order of its key.
    let mut moments: Vec<(f64, usize, usize)> = Vec::new();
    for part in by_key(operations).values() {
        match search(part, configurations) {
            Found::Nothing => {
                return Err(NotLinearizable::Violation(explain::smallest(part, configurations)));
            }
            Found::GaveUp => return Err(NotLinearizable::Undecided { configurations }),
            Found::Order(order) => {
                for (place, (index, moment)) in moments_of(operations, &order).into_iter().enumerate() {
                    points[index] = Some(moment);
                    moments.push((moment, place, index));
                }
            }
        }
    }
    moments.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    Ok(Linearization { order: moments.into_iter().map(|(_, _, index)| index).collect(), points })
}

/// A moment for each operation of an order: half way between the earliest possible one and the latest.
fn moments_of(operations: &[Operation], order: &[usize]) -> Vec<(usize, f64)> {
    let mut earliest = f64::NEG_INFINITY;
    let first: Vec<f64> = order
        .iter()
        .map(|&index| {
            earliest = earliest.max(operations[index].call);
            earliest
        })
        .collect();
    // Without an answer it may be any time later: the last question of all is late enough.
    let mut latest = order.iter().filter_map(|&index| operations[index].ret).fold(earliest, f64::max);
    let mut moments: Vec<(usize, f64)> = Vec::with_capacity(order.len());
    for (&index, &first) in order.iter().zip(&first).rev() {
        latest = latest.min(operations[index].end());
        moments.push((index, f64::midpoint(first, latest)));
    }
    moments.reverse();
    moments
}

impl History {
    /// As [`linearize`].
    ///
    /// # Errors
    ///
    /// As [`linearize`].
    pub fn linearize(&self) -> Result<Linearization, NotLinearizable> {
        linearize(self)
    }

    /// Whether there is an order that explains the history.
    ///
    /// # Panics
    ///
    /// When [`linearize`] gives up: use it instead, and match on its error.
    pub fn is_linearizable(&self) -> bool {
        match linearize(self) {
            Ok(_) => true,
            Err(NotLinearizable::Violation(_)) => false,
            Err(error @ NotLinearizable::Undecided { .. }) => panic!("{error}"),
        }
    }
}

/// The operations of each key, with their indices.
fn by_key(operations: &[Operation]) -> BTreeMap<u64, Vec<(usize, Operation)>> {
    let mut parts: BTreeMap<u64, Vec<(usize, Operation)>> = BTreeMap::new();
    for (index, operation) in operations.iter().enumerate() {
        parts.entry(operation.key).or_default().push((index, *operation));
    }
    parts
}
