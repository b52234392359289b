//! Data models beside tables: what a store makes cheap by the way it lays facts out.
//!
//! | model | here | the question it makes cheap | what it charges |
//! |---|---|---|---|
//! | wide columns | [`WideColumns`] | a range of columns of one row, newest or sorted first | any question that does not name a row looks at everything |
//! | property graph | [`PropertyGraph`] | who is near whom, step by step | totals over all nodes; sharding a neighborhood |
//!
//! Tables, keys and values, and documents are real servers of the lab, or stores inside it (feature `lab`).

mod graph;
#[cfg(test)]
mod tests;
mod wide_columns;

pub use graph::{NodeId, PropertyGraph, Reached};
pub use wide_columns::{WideColumnError, WideColumns};
