//! SQL from a cell: any statement, its rows as text, shown as a table; and a query's plan as a tree.

mod plan;
mod rows;
mod session;
mod sqlite;

pub use plan::Plan;
pub use rows::Rows;
pub(crate) use rows::run;
pub use session::Session;
pub use sqlite::Sqlite;
