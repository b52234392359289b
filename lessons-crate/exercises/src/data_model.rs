//! Checkers of the exercises on data models.

mod within;

pub use within::within;
