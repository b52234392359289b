//! Normalization: which facts depend on which, and how to store each of them once.
//!
//! A functional dependency X → Y says that two rows which agree on X agree on Y. Everything else follows:
//! what a set of attributes determines, which sets are keys, which normal form a table is in, and how it can
//! be split so that nothing is lost.
//!
//! | question | answer | cost |
//! |---|---|---|
//! | what does X determine? | [`closure`] | linear in the size of the dependencies |
//! | which dependencies say the same in fewer words? | [`minimal_cover`] | quadratic |
//! | which sets are keys? | [`candidate_keys`] | polynomial in the number of keys, of which there may be exponentially many |
//! | which normal form? | [`Schema::normal_form`], [`Schema::violations`] | one closure for each dependency, once the keys are known |
//! | split into third normal form | [`Schema::synthesize`] | quadratic; lossless, keeps every dependency |
//! | split into Boyce-Codd normal form | [`Schema::decompose`] | exponential in the width; lossless, may lose dependencies |
//! | does a split lose rows' connections? | [`Chase`] | polynomial |
//! | which dependencies does this data obey? | [`discover`](fn@discover) | exponential in the number of attributes on the left |
//!
//! [`document`] asks the same question of documents: what is stored together, and what a change then costs.

mod attributes;
mod chase;
mod closure;
mod cover;
mod decomposition;
mod dependency;
mod discover;
pub mod document;
mod error;
mod keys;
mod normal_form;
mod project;
mod schema;
#[cfg(test)]
mod tests;

pub use attributes::AttrSet;
pub use chase::Chase;
pub use closure::{closure, closure_by_passes, equivalent, implies};
pub use cover::minimal_cover;
pub use decomposition::Decomposition;
pub use dependency::Fd;
pub use discover::{discover, rows_to_remove};
pub use error::NormalizationError;
pub use keys::candidate_keys;
pub use normal_form::NormalForm;
pub use project::{keeps, project};
pub use schema::Schema;
