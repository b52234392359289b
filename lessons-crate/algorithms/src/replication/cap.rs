//! The proof of the CAP theorem, acted out: two nodes, one cut link, one write, one read.

use std::fmt;

use crate::consistency::History;

/// One way in which the second node may answer a read that it cannot ask the first about.
#[derive(Clone, Debug, PartialEq)]
pub struct CapCase {
    /// What the second node answers: a value, or nothing.
    pub answer: Option<u64>,
    /// The history when a client had written 1 at the first node.
    pub written: History,
    /// The history when nobody had.
    pub untouched: History,
}

impl CapCase {
    /// Whether the read is answered.
    pub fn is_available(&self) -> bool {
        self.answer.is_some()
    }

    /// Whether both histories are linearizable.
    pub fn is_consistent(&self) -> bool {
        self.written.is_linearizable() && self.untouched.is_linearizable()
    }
}

impl fmt::Display for CapCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = self.answer.map_or("nothing".to_owned(), |value| value.to_string());
        let verdict = |history: &History| if history.is_linearizable() { "right" } else { "wrong" };
        write!(
            f,
            "answers {answer}: {} after the write, {} without it",
            verdict(&self.written),
            verdict(&self.untouched)
        )
    }
}

/// All answers that a second node can give while it is cut off from the first, at which a 1 was written and
/// acknowledged, or not.
///
/// The second node has received the same messages in both cases, namely none, so that whatever it does, it
/// does in both: a value that is right in one is wrong in the other, and no answer is not available. There is
/// no fourth way. (That the write is acknowledged is the availability of the first node.)
///
/// # Sources
///
/// S. Gilbert, N. Lynch, "Brewer's Conjecture and the Feasibility of Consistent, Available,
/// Partition-Tolerant Web Services", ACM SIGACT News 33(2), 2002, doi:10.1145/564585.564601.
///
/// # Examples
///
/// ```
/// use lessons::replication::two_nodes;
///
/// assert!(two_nodes().iter().all(|case| !(case.is_available() && case.is_consistent())));
/// ```
pub fn two_nodes() -> Vec<CapCase> {
    let case = |answer: Option<u64>| {
        let read = |history: History| match answer {
            Some(value) => history.read(2, value, 2.0..3.0),
            None => history,
        };
        CapCase {
            answer,
            written: read(History::new().write(1, 1, 0.0..1.0)),
            untouched: read(History::new()),
        }
    };
    // Any other value was never written at all, and is wrong in both.
    vec![case(Some(0)), case(Some(1)), case(Some(2)), case(None)]
}
