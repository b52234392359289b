//! One table in many pieces on one machine: which piece has a row, and which pieces a query can leave out.
//!
//! | method | choose it when | an equality asks | a range asks | throwing away a month |
//! |---|---|---|---|---|
//! | [`Holds::Range`] | rows are read and thrown away by time | one piece | the pieces it meets | one piece detached |
//! | [`Holds::List`] | there are few categories, and queries name them | one piece | the pieces it meets | rows deleted |
//! | [`Holds::Hash`] | pieces must be alike in size | one piece | all pieces | rows deleted |
//! | a [`Scheme`] within a scheme | two of these are true | by both keys: one piece | by what the range names | one piece, with all in it |
//!
//! A [`Scheme`] says where rows go and which pieces a [`Predicate`] can touch; a [`PartitionedTable`] keeps rows by
//! it. [`Skew`] measures how uneven the pieces are, [`equi_depth`] cuts them even, [`retention_plan`] keeps a window
//! of months, [`vertical_split`] cuts a table by columns instead of rows, and along [`hilbert`]'s curve two columns
//! become one key.
//!
//! None of it is sharding: one machine, one planner, one log. What changes when the pieces are on several machines
//! is told in [`sharding`](crate::sharding).

mod affinity;
mod bounds;
mod curve;
mod predicate;
mod retention;
mod scheme;
mod skew;
mod table;
mod value_set;

pub use affinity::{ColumnQuery, VerticalSplit, affinity, bond_energy_order, bytes_read, vertical_split};
pub use bounds::{equi_depth, equi_width};
pub use curve::{TileOrder, WindowCost, hilbert, row_order, window_cost, z_order};
pub use predicate::Predicate;
pub use retention::{Month, RetentionStep, retention_plan};
pub use scheme::{Holds, PartitionError, Scheme};
pub use skew::{Skew, expected_max_over_mean};
pub use table::{PartitionedTable, Row, Scan};
pub use value_set::ValueSet;

/// A value of a column; `None` is SQL's NULL.
pub type Value = Option<i64>;
