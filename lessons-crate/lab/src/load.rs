//! A load generator that tells the truth about latency.
//!
//! An *open* loop sends at times that do not depend on the answers, as many independent visitors do. Latency
//! counts from the time at which a request should have been sent, so a server that stalls is charged for
//! everyone who waited meanwhile: no coordinated omission. A *closed* loop has a fixed number of clients,
//! each of which waits for its answer and thinks before it asks again; it slows down with the server.
//!
//! It drives this machine only, for at most a minute and 200,000 requests.
//!
//! # Sources
//!
//! B. Schroeder, A. Wierman, M. Harchol-Balter, "Open Versus Closed: A Cautionary Tale", NSDI 2006.
//! G. Tene, "How NOT to Measure Latency", talk, 2013 (for coordinated omission), and his HdrHistogram.

mod generator;
mod moment;
mod result;
pub(crate) mod wrk;

pub use generator::Load;
pub use moment::Moment;
pub use result::LoadResult;
pub use wrk::WrkResult;
