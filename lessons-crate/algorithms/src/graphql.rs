//! GraphQL: the client says which fields it wants, and somebody has to pay for that.
//!
//! | question | module | of it |
//! |---|---|---|
//! | what is asked? | [`parse`], [`Document`] | operations, fragments, variables; printed in one normal form |
//! | what is there? | [`Schema`], [`parse_schema`] | types, and where null may stand |
//! | may it be asked? | [`validate()`], [`Limits`] | fields that exist, depth, aliases, fragments in a circle |
//! | what does it cost? | [`cost()`], [`CostModel`] | a bound on the nodes of the answer, before anything is run |
//! | what is the answer? | [`execute()`], [`Resolver`] | level by level, in batches or one by one; null goes up to where it is allowed |
//! | how many queries? | [`Loader`] | keys of one moment asked for together, each once |
//!
//! The standard says nothing of HTTP, of one endpoint, or of how fields get their values. A list of 50 users with their
//! orders is one query to the server, and 51 to its database, unless somebody gathers them.

mod ast;
mod cost;
mod execute;
mod lexer;
mod loader;
mod parser;
mod print;
mod schema;
mod selection;
mod validate;
mod values;

pub use ast::{
    Directive, Document, Field, Fragment, Operation, OperationKind, Position, Selection, TypeRef, Value,
    VariableDefinition,
};
pub use cost::{CostError, CostModel, PageSize, cost};
pub use execute::{Batching, Call, FieldError, PathPart, Resolver, Response, execute};
pub use lexer::ParseError;
pub use loader::{Loader, LoaderStats};
pub use parser::parse;
pub use schema::{ArgumentDefinition, FieldDefinition, Schema, TypeDefinition, parse_schema};
pub use validate::{Limits, Violation, validate};
pub use values::RequestError;

#[cfg(test)]
mod tests;
