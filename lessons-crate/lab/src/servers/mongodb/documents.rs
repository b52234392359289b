//! What a lesson sees of documents: those that were found, and how.

use std::fmt;

use algorithms::display::{MimeBundle, Render};
use algorithms::table::Table;
use mongodb::bson::{Bson, Document, doc};
use mongodb::{Collection, Cursor};

use crate::ground::error::{LabError, Task};
use crate::stand_in::documents::value::{at, document_text, text};

/// Documents that were found: a table of their fields in a page, a line of JSON each in a console.
///
/// `Documents::of(people.find(doc! { "age": 36 }))` reads all that a find or an aggregation gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Documents(pub Vec<Document>);

impl Documents {
    /// All documents that a find or an aggregation of the driver gives.
    ///
    /// # Errors
    ///
    /// When the database refuses, or does not answer.
    pub fn of<'a, A>(action: A) -> Task<'a, Self>
    where
        A: IntoFuture<Output = mongodb::error::Result<Cursor<Document>>>,
        A::IntoFuture: Send + 'a,
    {
        let cursor: Answer<'a> = Box::pin(action.into_future());
        all(cursor)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values of one field, in the order of the documents; null where a document has none.
    pub fn field(&self, path: &str) -> Vec<Bson> {
        self.0.iter().map(|document| at(document, path).cloned().unwrap_or(Bson::Null)).collect()
    }
}

/// The driver's answer, of one type for finds and aggregations, so that a cell compiles none of what follows.
type Answer<'a> =
    std::pin::Pin<Box<dyn Future<Output = mongodb::error::Result<Cursor<Document>>> + Send + 'a>>;

/// What the server said, without the bytes in which it said it.
pub(super) fn refused(error: mongodb::error::Error) -> LabError {
    LabError::answer("MongoDB", error.kind)
}

fn all(cursor: Answer<'_>) -> Task<'_, Documents> {
    Box::pin(async move {
        let mut cursor = cursor.await.map_err(refused)?;
        let mut found = Vec::new();
        while cursor.advance().await.map_err(refused)? {
            found.push(cursor.deserialize_current().map_err(refused)?);
        }
        Ok(Documents(found))
    })
}

impl fmt::Display for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no documents");
        }
        let lines: Vec<String> = self.0.iter().map(document_text).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Render for Documents {
    fn render(&self) -> MimeBundle {
        let plain = MimeBundle::text(self.to_string());
        let mut columns: Vec<&str> = Vec::new();
        for field in self.0.iter().flat_map(|document| document.keys()) {
            if !columns.contains(&field.as_str()) {
                columns.push(field);
            }
        }
        if columns.is_empty() {
            return plain;
        }
        let cell = |document: &Document, field: &str| match document.get(field) {
            None => String::new(),
            Some(Bson::String(text)) => text.clone(),
            Some(Bson::ObjectId(id)) => id.to_string(),
            Some(other) => text(other),
        };
        let rows = self.0.iter().map(|document| columns.iter().map(|field| cell(document, field)));
        let table = rows.fold(Table::new(&columns), Table::row);
        let html = table.render().get("text/html").unwrap_or_default().to_owned();
        plain.with("text/html", html)
    }
}

/// How documents were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The index that was used, if one was.
    pub index: Option<String>,
    /// How many documents were looked at, where the database tells.
    pub examined: Option<u64>,
    /// How many were found.
    pub found: Option<u64>,
}

impl Explained {
    /// How the database would find the documents that a filter lets through.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn of<T: Send + Sync>(collection: &Collection<T>, filter: Document) -> Task<'static, Self> {
        let find = doc! { "find": collection.name(), "filter": filter };
        let database = collection.client().database(&collection.namespace().db);
        Box::pin(async move {
            let command = doc! { "explain": find, "verbosity": "executionStats" };
            let answer = database.run_command(command).await;
            Ok(Self::read(&answer.map_err(refused)?))
        })
    }

    fn read(answer: &Document) -> Self {
        let number = |path| match *at(answer, path)? {
            Bson::Int32(count) => u64::try_from(count).ok(),
            Bson::Int64(count) => u64::try_from(count).ok(),
            _ => None,
        };
        Self {
            index: at(answer, "queryPlanner.winningPlan").and_then(index_of),
            examined: number("executionStats.totalDocsExamined"),
            found: number("executionStats.nReturned"),
        }
    }
}

/// The index in a plan, at any depth.
fn index_of(plan: &Bson) -> Option<String> {
    match plan {
        Bson::Document(fields) => match fields.get_str("indexName") {
            Ok(name) => Some(name.to_owned()),
            Err(_) => fields.values().find_map(index_of),
        },
        Bson::Array(items) => items.iter().find_map(index_of),
        _ => None,
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.index {
            Some(index) => write!(f, "index {index}")?,
            None => f.write_str("every document of the collection")?,
        }
        let number = |count: Option<u64>| count.map_or_else(|| "?".into(), |count| count.to_string());
        write!(f, ": {} looked at, {} found", number(self.examined), number(self.found))
    }
}

impl Render for Explained {
    fn render(&self) -> MimeBundle {
        MimeBundle::text(self.to_string())
    }
}

algorithms::rich_display!(Documents, Explained);
