//! Checkers of the exercises on transactions.

mod serial_order;
mod visible;

pub use serial_order::serial_order;
pub use visible::{RowVersion, TakenSnapshot, visible};
