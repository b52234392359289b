//! Sequential and causal consistency: an order that need not respect real time.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Action, History, INITIAL, Operation};
use crate::interrupt;

/// The most operations: a set of them is the bits of one number.
const OPERATIONS_MAX: usize = 128;
/// The most configurations that one search visits.
const CONFIGURATIONS_MAX: usize = 1_000_000;

/// Why a history cannot be checked for sequential or causal consistency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderingError {
    /// The search takes time that grows exponentially with the operations.
    #[error("{0} operations are too many for this check: use at most {OPERATIONS_MAX}")]
    TooMany(usize),
    /// The search visited too many configurations.
    #[error("undecided after {CONFIGURATIONS_MAX} configurations: use fewer clients or fewer operations")]
    Undecided,
    /// What a read saw is known only when each value is written once.
    #[error("{0} is written twice, or is the initial value: give each write its own value above 0")]
    NotUnique(u64),
    /// Causality is defined here for reads and writes.
    #[error("a causal history has only reads and writes: leave out the compare-and-set")]
    CompareAndSet,
}

/// Whether there is one order of all operations that explains every answer and respects each client's own
/// order, whatever the real time (Lamport 1979). Also of several keys: this model is not local.
///
/// An operation without an answer ends its client's session; what the client does next is another session.
///
/// # Errors
///
/// With more than 128 operations, or when the search gets too long.
///
/// # Examples
///
/// ```
/// use lessons::consistency::{History, is_sequential};
///
/// // A stale read of another client: not linearizable, but as if it had come before the write.
/// let stale = History::new().write(0, 1, 0.0..1.0).read(1, 0, 2.0..3.0);
/// assert!(!stale.is_linearizable() && is_sequential(&stale)?);
/// // The same client must see its own write.
/// let forgotten = History::new().write(0, 1, 0.0..1.0).read(0, 0, 2.0..3.0);
/// assert!(!is_sequential(&forgotten)?);
/// # Ok::<(), lessons::consistency::OrderingError>(())
/// ```
pub fn is_sequential(history: &History) -> Result<bool, OrderingError> {
    let before = program_order(history)?;
    let all = (0..history.len()).fold(0u128, |set, i| set | 1 << i);
    explain(history.operations(), all, &before)
}

/// Whether every client can explain what it saw by one order of all writes and its own reads that respects
/// cause and effect (causal memory, Ahamad et al. 1995). Clients may disagree on the order of writes of
/// which neither causes the other.
///
/// One operation causes another when the same client did it before, when the other reads the value it wrote,
/// or through a chain of these.
///
/// # Errors
///
/// With more than 128 operations, when a value is written twice, with compare-and-set, or when the search
/// gets too long.
///
/// # Examples
///
/// ```
/// use lessons::consistency::{History, is_causal, is_sequential};
///
/// // Two clients see two independent writes in different orders.
/// let split = History::new()
///     .write(0, 1, 0.0..1.0)
///     .write(1, 2, 0.0..1.0)
///     .read(2, 1, 2.0..3.0)
///     .read(2, 2, 4.0..5.0)
///     .read(3, 2, 2.0..3.0)
///     .read(3, 1, 4.0..5.0);
/// assert!(is_causal(&split)? && !is_sequential(&split)?);
/// # Ok::<(), lessons::consistency::OrderingError>(())
/// ```
pub fn is_causal(history: &History) -> Result<bool, OrderingError> {
    let Some(before) = causal_order(history)? else { return Ok(false) };
    let operations = history.operations();
    let is_write = |i: &usize| matches!(operations[*i].action, Action::Write(_));
    let writes = (0..operations.len()).filter(is_write).fold(0u128, |set, i| set | 1 << i);
    for session in history.sessions() {
        let own = session.iter().fold(writes, |set, &i| set | 1 << i);
        if !explain(operations, own, &before)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// For each operation the set of those that its client did before.
fn program_order(history: &History) -> Result<Vec<u128>, OrderingError> {
    if history.len() > OPERATIONS_MAX {
        return Err(OrderingError::TooMany(history.len()));
    }
    let mut before = vec![0u128; history.len()];
    for session in history.sessions() {
        let mut done = 0u128;
        for index in session {
            before[index] = done;
            done |= 1 << index;
        }
    }
    Ok(before)
}

/// For each operation the set of those that cause it; `None` when a read saw what nobody wrote, or something
/// would cause itself.
fn causal_order(history: &History) -> Result<Option<Vec<u128>>, OrderingError> {
    let mut before = program_order(history)?;
    let operations = history.operations();
    let mut writer: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    for (index, operation) in operations.iter().enumerate() {
        match operation.action {
            Action::Write(value) => {
                if value == INITIAL || writer.insert((operation.key, value), index).is_some() {
                    return Err(OrderingError::NotUnique(value));
                }
            }
            Action::Read(_) => {}
            Action::Cas { .. } => return Err(OrderingError::CompareAndSet),
        }
    }
    for (index, operation) in operations.iter().enumerate() {
        if let (Action::Read(value), Some(_)) = (operation.action, operation.ret)
            && value != INITIAL
        {
            let Some(&write) = writer.get(&(operation.key, value)) else { return Ok(None) };
            before[index] |= 1 << write;
        }
    }
    // Warshall's closure: what causes a cause is a cause.
    for through in 0..before.len() {
        let causes = before[through];
        for set in &mut before {
            if *set >> through & 1 == 1 {
                *set |= causes;
            }
        }
    }
    let cyclic = before.iter().enumerate().any(|(i, set)| set >> i & 1 == 1);
    Ok((!cyclic).then_some(before))
}

/// Whether the operations of `chosen` have an order that explains their answers and puts each after those of
/// `before`. Depth first, each configuration once.
fn explain(operations: &[Operation], chosen: u128, before: &[u128]) -> Result<bool, OrderingError> {
    let answered = |i: &usize| operations[*i].ret.is_some() && chosen >> i & 1 == 1;
    let required = (0..operations.len()).filter(answered).fold(0u128, |set, i| set | 1 << i);
    let mut visited = BTreeSet::new();
    let mut open: Vec<(u128, BTreeMap<u64, u64>)> = vec![(0, BTreeMap::new())];
    while let Some((done, values)) = open.pop() {
        if done & required == required {
            return Ok(true);
        }
        interrupt::checkpoint();
        if visited.len() > CONFIGURATIONS_MAX {
            return Err(OrderingError::Undecided);
        }
        if !visited.insert((done, values.clone())) {
            continue;
        }
        for (i, operation) in operations.iter().enumerate() {
            let ready = chosen & !done & 1 << i != 0 && before[i] & chosen & !done == 0;
            let unseen = operation.ret.is_none() && matches!(operation.action, Action::Read(_));
            if !ready || unseen {
                continue;
            }
            let value = values.get(&operation.key).copied().unwrap_or(INITIAL);
            let Some(new) = operation.action.apply(value, operation.ret.is_some()) else { continue };
            let mut values = values.clone();
            values.insert(operation.key, new);
            open.push((done | 1 << i, values));
        }
    }
    Ok(false)
}
