//! Checkers of the exercises on home feeds.
//!
//! | exercise | the learner writes | checked by |
//! |---|---|---|
//! | push or pull | a function | [`delivery`] |
//! | a page of a feed | a function | [`feed_page`] |

mod delivery;
mod page;

pub use delivery::delivery;
pub use page::feed_page;
