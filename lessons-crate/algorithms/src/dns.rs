//! DNS: how a name becomes an address, who may say so, and for how long it is believed.
//!
//! | question | module | of it |
//! |---|---|---|
//! | which bytes? | [`Message`], [`Name`], [`read_name`] | questions and records; names that point back into the message |
//! | what does a zone say? | [`parse_zone`], [`Zone`] | answers, referrals, wildcards, "no such name" against "no such type" |
//! | who knows? | [`Resolver`] | from the root down, believing each server only about its own names |
//! | for how long? | [`Cache`], [`stale_share`] | TTLs, also of what is not there; old answers when nobody is there |
//! | who else may answer? | [`spoofing`] | how likely a forged answer comes first |
//!
//! An authoritative server knows its zones and nothing else; a resolver knows nothing and asks. What the second keeps is
//! why a change takes its time to be seen. How many questions a cache answers by itself is the formula of any cache with
//! a time to live, [`fixed_ttl`](crate::cache::theory::fixed_ttl).

mod cache;
mod message;
mod name;
mod record;
mod resolver;
pub mod spoofing;
mod wire;
mod zone;
mod zone_file;

pub use cache::{Cache, Cached, NegativeKind, stale_share};
pub use message::{Edns, Header, Message, Question, Rcode, UDP_BYTES_MAX};
pub use name::{Name, NameError, read_name};
pub use record::{RData, Record, RecordType};
pub use resolver::{Outcome, Resolution, ResolveError, Resolver, Step};
pub use wire::DnsError;
pub use zone::{Answer, Zone, ZoneError};
pub use zone_file::parse_zone;

#[cfg(test)]
mod tests;
