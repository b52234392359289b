//! Every algorithm of System Design in 35 Days, by topic.
//!
//! | topic | module | what it teaches |
//! |---|---|---|
//! | randomness | [`rng`], [`dist`] | seeded numbers; service times and popularity |
//! | hashing | [`hash`], [`hashing`] | stable hash functions; which node gets which key |
//! | scalability | [`scalability`] | what more hardware gives, and what waiting costs |
//! | gateways | [`gateway`] | routes, tokens, and what else happens before business code |
//! | rate limiting | [`rate_limit`] | may this request pass now? |
//! | resilience | [`resilience`] | retries that help, and retries that keep a server down |
//! | HTTP | [`http`] | framing, validators, conditions, freshness: what the protocol already promises |
//! | REST | [`rest`] | patches, problem details, idempotency keys: changes that are safe to send again |
//! | load balancing | [`load_balancer`] | which backend gets the next request |
//! | caching | [`cache`] | what stays close, for how long, and what leaves |
//! | clusters | [`simulation`] | policies measured, and what theory says |
//! | networks | [`net`] | addresses, packets, TCP: what happens on the wire, and how long it takes |
//! | | [`network`] | messages that are late, lost or cut off; nodes that crash |
//! | data models | [`data_model`] | wide columns and graphs: what each way of storing makes cheap |
//! | | [`normalization`] | which facts depend on which, and tables that store each once |
//! | transactions | [`transaction`] | what transactions that run at once may spoil of each other |
//! | replication | [`replication`] | several copies: leaders, several leaders, quorums; CAP and PACELC |
//! | | [`crdt`] | copies that are changed apart and always merge to the same |
//! | | [`causality`] | which of two events came first, where no clock can tell |
//! | partitioning | [`partitioning`] | which piece of a table has a row, and which pieces a query can leave out |
//! | sharding | [`sharding`] | which machine owns a key, and what moves when the answer changes |
//! | consistency | [`consistency`] | what a history of operations promises: linearizable, sequential, causal, sessions |
//! | feeds | [`feed`] | who puts together what a reader sees: pushed, pulled, page by page |
//! | storage | [`storage`] | pages, trees and logs: what a lookup reads, what a write costs, what a crash leaves |
//! | sketches | [`sketch`] | sets in a few bits per key: Bloom filters and their successors |
//! | protocols | [`protobuf`] | messages byte by byte, and which changes of a schema are safe |
//! | | [`grpc`] | frames, status codes, and deadlines that are handed on |
//! | | [`http2`] | frames, compressed headers, and who may send how much |
//! | | [`websocket`] | frames in both directions, slow clients, and those that come back |
//! | | [`graphql`] | queries: parsed, checked, priced and run, in batches or one by one |
//! | names and proxies | [`dns`] | messages, zones, resolvers, and how long an answer is believed |
//! | | [`proxy`] | what each thing in between sees and changes, and who the client is |
//! | identity | [`authn`] | tokens, keys that change, and the trace of a request |
//! | results | [`stats`], `plot`, [`table`], [`display`] | measured against theory, drawn for page and notebook |
//! | data | [`dataset`] | the data files of the course |
//! | exercises | `check` | what a solution must do, and what a wrong one gets wrong |
//! | real servers | `lab` | servers that are started, used and broken (feature `lab`) |
//! | running | [`interrupt`] | how long work is stopped |
//!
//! The algorithms are pure: they read no clock, no file, no socket and no global randomness. Time and
//! randomness are arguments, so the same seed gives the same result on every machine, and everything that
//! is an algorithm also compiles to `wasm32-unknown-unknown` (where `plot` and `check` are left out).

#[cfg(feature = "cell")]
#[doc(inline)]
pub use ::cell;
#[cfg(not(target_arch = "wasm32"))]
#[doc(inline)]
pub use ::exercises as check;
#[cfg(all(feature = "lab", unix))]
#[doc(inline)]
pub use ::lab;
#[doc(inline)]
pub use algorithms::*;

#[cfg(all(feature = "full", unix))]
mod crates;
pub mod dataset;
pub mod prelude;
