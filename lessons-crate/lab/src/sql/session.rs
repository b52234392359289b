//! One connection to a SQL server: what a transaction of several calls needs.

use std::fmt;

use sqlx::pool::PoolConnection;

use super::rows::{Rows, run};
use crate::ground::error::Task;

/// One connection to a SQL server, kept between calls, so that a transaction may take several. Two of them, in
/// one cell, take turns as two users would.
///
/// A statement that waits for the other one's lock waits for ever, because nobody else takes a turn; the lab's
/// lessons put their statements in an order in which nobody waits. When it is dropped its connection is closed,
/// and a transaction that was not committed is undone.
pub struct Session {
    name: String,
    connection: Connection,
}

enum Connection {
    Postgres(PoolConnection<sqlx::Postgres>),
    MariaDb(PoolConnection<sqlx::MySql>),
}

impl Session {
    pub(crate) fn postgres(name: String, mut connection: PoolConnection<sqlx::Postgres>) -> Self {
        connection.close_on_drop();
        Self { name, connection: Connection::Postgres(connection) }
    }

    pub(crate) fn mariadb(name: String, mut connection: PoolConnection<sqlx::MySql>) -> Self {
        connection.close_on_drop();
        Self { name, connection: Connection::MariaDb(connection) }
    }

    /// Runs statements, apart by semicolons, on this connection.
    ///
    /// # Errors
    ///
    /// When the server does not answer, or answers with an error.
    pub fn sql(&mut self, statements: &str) -> Task<'_, Rows> {
        let statements = statements.to_owned();
        let Self { name, connection } = self;
        match connection {
            Connection::Postgres(connection) => {
                Box::pin(async move { run(name, &mut **connection, statements).await })
            }
            Connection::MariaDb(connection) => {
                Box::pin(async move { run(name, &mut **connection, statements).await })
            }
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a connection to {}", self.name)
    }
}
