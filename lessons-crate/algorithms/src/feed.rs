//! Home feeds: who puts together what a reader sees, and when.
//!
//! A feed holds the newest posts of everybody whom its reader follows. It can be put together when somebody
//! posts (fan-out on write: the post is pushed into the feed of each follower), when somebody reads (fan-out
//! on read: the posts of each followee are pulled), or for each author in the cheaper way.
//!
//! | | |
//! |---|---|
//! | [`FeedCosts`] | what pushing and pulling an author costs, and which is cheaper |
//! | [`Social`] | users, follows, blocks and posts, with feeds delivered in either way, page by page |
//!
//! # Sources
//!
//! A. Silberstein, J. Terrace, B. F. Cooper, R. Ramakrishnan, "Feeding Frenzy: Selectively Materializing
//! Users' Event Feeds", SIGMOD 2010. R. Krikorian, "Timelines at Scale", QCon San Francisco, 2012.

mod delivery;
mod social;
#[cfg(test)]
mod tests;

pub use delivery::{Author, Delivery, FeedCosts};
pub use social::{Page, Post, Social, UserId};
