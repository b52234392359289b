//! Histories to look at, and what each of them is.

use super::history::History;
use super::ordering::{is_causal, is_sequential};

/// The strongest model that a history satisfies, of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strongest {
    /// Not even causal.
    None,
    /// Causal, not sequential.
    Causal,
    /// Sequential, not linearizable.
    Sequential,
    /// Linearizable, and so all of them.
    Linearizable,
}

/// A history and what it is called.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// What happens in it.
    pub name: &'static str,
    /// The operations.
    pub history: History,
    /// The strongest model that it satisfies.
    pub strongest: Strongest,
}

/// The strongest of linearizability, sequential and causal consistency that a history satisfies; `None` when
/// it has more than 128 operations, writes a value twice, has a compare-and-set, or takes too long.
pub fn strongest(history: &History) -> Option<Strongest> {
    let (causal, sequential) = (is_causal(history).ok()?, is_sequential(history).ok()?);
    Some(match (history.linearize().is_ok(), sequential, causal) {
        (true, ..) => Strongest::Linearizable,
        (false, true, _) => Strongest::Sequential,
        (false, false, true) => Strongest::Causal,
        (false, false, false) => Strongest::None,
    })
}

/// Ten small histories of one register, for guessing.
pub fn examples() -> Vec<Example> {
    use Strongest::{Causal, Linearizable, None, Sequential};
    let new = History::new;
    let example = |name, strongest, history| Example { name, history, strongest };
    vec![
        example("a read after a write", Linearizable, new().write(0, 1, 0.0..2.0).read(1, 1, 3.0..5.0)),
        example(
            "two reads during a write, the later one sees it",
            Linearizable,
            new().write(0, 1, 0.0..8.0).read(1, 0, 1.0..3.0).read(2, 1, 4.0..6.0),
        ),
        example(
            "a stale read of another client",
            Sequential,
            new().write(0, 1, 0.0..2.0).read(1, 0, 3.0..5.0),
        ),
        example(
            "two reads during a write, only the earlier one sees it",
            Sequential,
            new().write(0, 1, 0.0..8.0).read(1, 1, 1.0..3.0).read(2, 0, 4.0..6.0),
        ),
        example(
            "a client does not see its own write",
            None,
            new().write(0, 1, 0.0..2.0).read(0, 0, 3.0..5.0),
        ),
        example(
            "a client sees a value go back",
            None,
            new().write(0, 1, 0.0..8.0).read(1, 1, 1.0..3.0).read(1, 0, 4.0..6.0),
        ),
        example(
            "two readers see two writes in different orders",
            Causal,
            new()
                .write(0, 1, 0.0..2.0)
                .write(1, 2, 0.0..2.0)
                .read(2, 1, 3.0..5.0)
                .read(3, 2, 3.0..5.0)
                .read(2, 2, 6.0..8.0)
                .read(3, 1, 6.0..8.0),
        ),
        example(
            "an answer is seen before the question",
            None,
            new().write(0, 1, 0.0..2.0).read(1, 1, 3.0..4.0).write(1, 2, 5.0..6.0).read(2, 2, 7.0..8.0).read(
                2,
                1,
                9.0..10.0,
            ),
        ),
        example(
            "a write without an answer is seen",
            Linearizable,
            new().pending_write(0, 1, 0.0).read(1, 0, 1.0..3.0).read(2, 1, 4.0..6.0),
        ),
        example(
            "both sides of a partition read their own write",
            Sequential,
            new().write(0, 1, 0.0..2.0).write(1, 2, 0.0..2.0).read(0, 1, 3.0..5.0).read(1, 2, 3.0..5.0),
        ),
    ]
}
