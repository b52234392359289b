//! Checkers of the exercises on scalability.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | requests in flight | a function | [`requests_in_flight`] |
//! | how many servers? | a function | [`servers_needed`] |
//! | find the bottleneck | a function | [`bottleneck`] |
//! | predict the p99 | a function | [`predict_p99`] |
//! | wire the read path | a function over [`ReadParts`] | [`read_path`] |
//! | fit the universal scalability law | two functions | [`usl_fit`] |

mod bottleneck;
mod predict_p99;
mod read_path;
mod requests_in_flight;
mod servers_needed;
mod usl_fit;

pub use bottleneck::{Tier, bottleneck};
pub use predict_p99::predict_p99;
pub use read_path::{Down, Kept, ReadParts, Told, read_path};
pub use requests_in_flight::requests_in_flight;
pub use servers_needed::servers_needed;
pub use usl_fit::usl_fit;
