//! Checks of the exercises about indexes.

mod b_plus_tree;
mod index_use;
mod pages_touched;

pub use b_plus_tree::{Pages, TreeExercise, TreePage, b_plus_tree};
pub use index_use::{IndexQuery, IndexUse, index_use};
pub use pages_touched::pages_touched;
