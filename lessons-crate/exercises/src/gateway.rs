//! Checkers of the exercises on gateways.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | does this route fit? | a function | [`route_values`] |
//! | verify a token | a function | [`verify_token`] |

mod route_values;
mod verify_token;

pub use route_values::route_values;
pub use verify_token::{Refusal, TokenClaims, read_claims, verify_token};
