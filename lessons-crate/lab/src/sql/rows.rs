//! Any statement, and its rows as text.

use std::fmt;

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Column as _, ColumnIndex, Database, Decode, Executor, Row};

use algorithms::display::{MimeBundle, Render};
use algorithms::table::Table;

use crate::ground::error::LabError;

/// What a statement gave: its rows, every value as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Option<String>>>,
    pub(super) affected: u64,
}

impl Rows {
    /// The names of the columns; none when there are no rows.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows were inserted, changed or deleted.
    pub fn affected(&self) -> u64 {
        self.affected
    }

    /// A value by row and column; `None` for NULL, and where there is none.
    pub fn get(&self, row: usize, column: &str) -> Option<&str> {
        let column = self.columns.iter().position(|name| name == column)?;
        self.rows.get(row)?.get(column)?.as_deref()
    }

    /// The first value of the first row: of `SELECT count(*) ...`, the count. Empty when there is none.
    pub fn value(&self) -> &str {
        self.rows.first().and_then(|row| row.first()?.as_deref()).unwrap_or_default()
    }

    /// The rows as a table; NULL is written out.
    pub fn table(&self) -> Table {
        let cell = |value: &Option<String>| value.clone().unwrap_or_else(|| "NULL".into());
        let rows = self.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>());
        rows.fold(Table::new(&self.columns), Table::row)
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.rows.len(), self.affected) {
            (0, 0) => f.write_str("no rows"),
            (0, affected) => write!(f, "{affected} rows changed"),
            _ => self.table().fmt(f),
        }
    }
}

impl Render for Rows {
    fn render(&self) -> MimeBundle {
        if self.rows.is_empty() { MimeBundle::text(self.to_string()) } else { self.table().render() }
    }
}

algorithms::rich_display!(Rows);

/// Runs statements, apart by semicolons, in the protocol that answers in text.
pub(crate) async fn run<'e, D, E>(server: &str, on: E, sql: String) -> Result<Rows, LabError>
where
    D: Database,
    E: Executor<'e, Database = D>,
    for<'r> Option<String>: Decode<'r, D>,
    usize: ColumnIndex<D::Row>,
    D::QueryResult: Affected,
{
    let fail = |error: sqlx::Error| LabError::answer(server, error);
    let mut result = Rows::default();
    let mut answers = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(on);
    while let Some(answer) = answers.try_next().await.map_err(fail)? {
        match answer {
            sqlx::Either::Left(done) => result.affected += done.affected(),
            sqlx::Either::Right(row) => {
                let columns: Vec<String> = row.columns().iter().map(|c| c.name().to_owned()).collect();
                // Of several statements that give rows, the last is shown.
                if columns != result.columns {
                    result.columns = columns;
                    result.rows.clear();
                }
                let count = result.columns.len();
                let values = (0..count).map(|i| row.try_get_unchecked::<Option<String>, _>(i));
                result.rows.push(values.collect::<Result<_, _>>().map_err(fail)?);
            }
        }
    }
    Ok(result)
}

/// How many rows a statement changed, whatever the database.
pub(crate) trait Affected {
    fn affected(&self) -> u64;
}

macro_rules! affected {
    ($($result:ty),+) => {$(
        impl Affected for $result {
            fn affected(&self) -> u64 {
                self.rows_affected()
            }
        }
    )+};
}
affected!(sqlx::postgres::PgQueryResult, sqlx::mysql::MySqlQueryResult, sqlx::sqlite::SqliteQueryResult);
