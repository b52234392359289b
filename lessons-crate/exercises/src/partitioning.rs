//! Checkers of the exercises on partitioning.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | which partition takes a key | a function | [`range_partition`] |
//! | which partitions a query can touch | a function | [`prune`] |
//! | a window of months that moves | a function | [`rolling_window`] |

mod prune;
mod range_partition;
mod rolling_window;

pub use prune::{PartBounds, prune};
pub use range_partition::range_partition;
pub use rolling_window::rolling_window;
