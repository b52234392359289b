//! SQLite: a whole SQL database inside this process, for every machine.

use std::fmt;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

use super::plan::Plan;
use super::rows::{self, Rows};
use crate::ground::error::{LabError, Task};
use crate::ground::folder::Folder;

/// One SQLite database.
pub struct Sqlite {
    pool: SqlitePool,
    /// None for one that lives in memory. Declared last: the file closes before it goes.
    folder: Option<Folder>,
}

impl Sqlite {
    /// A database in memory. It has one connection, because each would see a memory of its own.
    ///
    /// # Errors
    ///
    /// When SQLite does not open it.
    pub fn in_memory() -> Task<'static, Self> {
        Box::pin(async {
            let options = SqliteConnectOptions::new().in_memory(true);
            Self::open(SqlitePoolOptions::new().max_connections(1), options, None).await
        })
    }

    /// A database in a file of a private folder, which goes with it; with a write-ahead log, so that readers
    /// and one writer do not wait for each other.
    ///
    /// # Errors
    ///
    /// When the file cannot be made.
    pub fn in_file() -> Task<'static, Self> {
        Box::pin(async {
            let folder = Folder::new("sqlite")?;
            let options = SqliteConnectOptions::new()
                .filename(folder.path().join("lab.db"))
                .create_if_missing(true)
                .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
            Self::open(SqlitePoolOptions::new().max_connections(5), options, Some(folder)).await
        })
    }

    async fn open(
        pool: SqlitePoolOptions,
        options: SqliteConnectOptions,
        folder: Option<Folder>,
    ) -> Result<Self, LabError> {
        // Kept open for ever, or a database in memory would be forgotten.
        let pool = pool.min_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = pool.connect_with(options).await.map_err(|error| LabError::answer("SQLite", error))?;
        Ok(Self { pool, folder })
    }

    /// The connections, for sqlx.
    pub fn pool(&self) -> SqlitePool {
        self.pool.clone()
    }

    /// Runs statements, apart by semicolons.
    ///
    /// # Errors
    ///
    /// When SQLite refuses one.
    pub fn sql(&self, statements: &str) -> Task<'static, Rows> {
        let (pool, statements) = (self.pool(), statements.to_owned());
        Box::pin(async move { rows::run("SQLite", &pool, statements).await })
    }

    /// How SQLite would carry out a query, as a tree; the query is not run.
    ///
    /// # Errors
    ///
    /// When SQLite refuses it.
    pub fn explain(&self, query: &str) -> Task<'static, Plan> {
        let rows = self.sql(&format!("EXPLAIN QUERY PLAN {query}"));
        Box::pin(async move { Ok(Plan::of_sqlite(&rows.await?)) })
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SQLite inside this process, ")?;
        match &self.folder {
            Some(folder) => write!(f, "in {}", folder.path().display()),
            None => f.write_str("in memory"),
        }
    }
}
