//! Checkers of the exercises on scalability.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | requests in flight | a function | [`requests_in_flight`] |
//! | how many servers? | a function | [`servers_needed`] |
//! | fit the universal scalability law | two functions | [`usl_fit`] |

mod requests_in_flight;
mod servers_needed;
mod usl_fit;

pub use requests_in_flight::requests_in_flight;
pub use servers_needed::servers_needed;
pub use usl_fit::usl_fit;
