//! A small MongoDB inside this process: a server on a port, which the official driver talks to as to any.
//!
//! It is for machines without MongoDB, which no package of Debian brings, and it is complete: the lists below
//! are what it knows, lessons keep to them, and nothing is added. Whatever else is asked for is an error that
//! names it. Each entry behaves as MongoDB's manual says, on documents, lists and paths such as `address.city`.
//!
//! | what | known |
//! |---|---|
//! | commands | `insert`, `find`, `update`, `delete`, `aggregate`, `count`, `createIndexes`, `listIndexes`, `explain` (of a find), `drop`, `listCollections`, `getMore`, `killCursors`, `hello`, `ping`, `buildInfo`, `endSessions`, `saslStart` and `saslContinue` (SCRAM-SHA-256) |
//! | filters | a value, `$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte`, `$in`, `$nin`, `$all`, `$exists`, `$size`, `$not`, `$elemMatch`, `$and`, `$or`, `$nor` |
//! | updates | a document in place of the old one, `$set`, `$unset`, `$inc`, `$mul`, `$min`, `$max`, `$push`, `$addToSet` (both with `$each`), `$pull` (of a value); `upsert`, `multi` |
//! | stages | `$match`, `$sort`, `$limit`, `$skip`, `$count`, `$project`, `$addFields`, `$set`, `$unwind`, `$group`, `$lookup` |
//! | accumulators | `$sum`, `$count`, `$avg`, `$min`, `$max`, `$first`, `$last`, `$push`, `$addToSet` |
//! | expressions | a path (`"$price"`), `$$ROOT`, `$add`, `$multiply`, `$subtract`, `$divide`, `$concat`, `$size` |
//! | indexes | of one or more fields, in either order, unique or not; finds use them for equality and ranges |
//!
//! So it has no sessions, no transactions, no change streams, no text or geographic search, and one node. What
//! it stores is gone when it stops.
//!
//! # Sources
//!
//! MongoDB documentation: "Database Commands", "Query and Projection Operators", "Update Operators",
//! "Aggregation Stages", "OP_MSG"; "BSON Specification 1.1", bsonspec.org.

mod collection;
mod filter;
pub(crate) mod login;
mod pipeline;
mod refusal;
pub(crate) mod server;
mod store;
mod update;
pub(crate) mod value;
mod wire;
