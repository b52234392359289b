//! Document databases: one small trait, a store inside this process, and MongoDB.
//!
//! Documents are JSON. A store is spoken to in the words of MongoDB's commands: filters (`{"age": {"$gt": 30}}`),
//! changes (`{"$inc": {"visits": 1}}`) and pipelines (`{"$group": ...}`). [`MongoDb`](crate::MongoDb) sends them to a server;
//! [`MemoryDocuments`] carries out the common ones here, and says so of any other.
//!
//! Fields of a document are kept in the order of their names. Where order matters, as in sorting by two
//! fields, it is written as pairs: `[["age", -1], ["name", 1]]`.
//!
//! # Sources
//!
//! MongoDB documentation: "Query and Projection Operators", "Update Operators", "Aggregation Stages", "OP_MSG";
//! "BSON Specification 1.1", bsonspec.org; "MongoDB Extended JSON (v2)".

mod filter;
pub(crate) mod memory;
mod pipeline;
mod update;
mod value;

use std::fmt;

use serde_json::{Value, json};

use algorithms::display::{MimeBundle, Render};
use algorithms::table::Table;

use crate::ground::error::{LabError, Task};

/// A database of documents, in named collections.
pub trait DocumentStore: Send + Sync {
    /// Which one this is: what a lesson says before its numbers.
    fn kind(&self) -> String;

    /// Carries out one of MongoDB's commands on a collection: `command("count", "users", json!({}))`.
    ///
    /// # Errors
    ///
    /// When the database refuses it, or does not answer.
    fn command(&self, name: &str, collection: &str, arguments: Value) -> Task<'static, Value>;

    /// Adds documents in their order; those without an `_id` get one. How many there were.
    ///
    /// # Errors
    ///
    /// When one has an `_id`, or the value of a unique field, that is taken (those before it are in), or the
    /// database does not answer.
    fn insert(&self, collection: &str, documents: Vec<Value>) -> Task<'static, u64> {
        let answer = self.command("insert", collection, json!({ "documents": documents, "ordered": true }));
        Box::pin(async move { count(&answer.await?, "n") })
    }

    /// The documents that a filter lets through; `json!({})` lets all.
    ///
    /// # Errors
    ///
    /// When the database refuses, or does not answer.
    fn find(&self, collection: &str, filter: Value) -> Task<'static, Documents> {
        self.find_with(collection, json!({ "filter": filter }))
    }

    /// The same with more: `json!({"filter": {}, "sort": [["age", -1]], "limit": 10, "skip": 20})`, and
    /// `"projection": {"name": 1}`.
    ///
    /// # Errors
    ///
    /// When the database refuses, or does not answer.
    fn find_with(&self, collection: &str, arguments: Value) -> Task<'static, Documents> {
        documents(self.command("find", collection, arguments))
    }

    /// Changes all documents that a filter lets through, with `$set`, `$inc`, `$push` and so on; how many
    /// it found.
    ///
    /// # Errors
    ///
    /// When the database refuses, or does not answer.
    fn update(&self, collection: &str, filter: Value, change: Value) -> Task<'static, u64> {
        let one = json!({ "q": filter, "u": change, "multi": true });
        let answer = self.command("update", collection, json!({ "updates": [one] }));
        Box::pin(async move { count(&answer.await?, "n") })
    }

    /// Removes the documents that a filter lets through; how many.
    ///
    /// # Errors
    ///
    /// When the database refuses, or does not answer.
    fn delete(&self, collection: &str, filter: Value) -> Task<'static, u64> {
        let answer = self.command("delete", collection, json!({ "deletes": [{ "q": filter, "limit": 0 }] }));
        Box::pin(async move { count(&answer.await?, "n") })
    }

    /// Makes an index on these fields, in this order; a unique one refuses a second document of equal values.
    ///
    /// # Errors
    ///
    /// When documents that are there already break a unique one, or the database does not answer.
    fn index(&self, collection: &str, fields: &[&str], unique: bool) -> Task<'static, ()> {
        let key: Vec<Value> = fields.iter().map(|field| json!([field, 1])).collect();
        let index = json!({ "key": key, "name": fields.join("_"), "unique": unique });
        let answer = self.command("createIndexes", collection, json!({ "indexes": [index] }));
        Box::pin(async move { answer.await.map(drop) })
    }

    /// Sends all documents through the stages of a pipeline.
    ///
    /// # Errors
    ///
    /// When the database refuses a stage, or does not answer.
    fn aggregate(&self, collection: &str, pipeline: Vec<Value>) -> Task<'static, Documents> {
        let arguments = json!({ "pipeline": pipeline, "cursor": { "batchSize": 100_000 } });
        documents(self.command("aggregate", collection, arguments))
    }

    /// How a filter would find its documents.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    fn explain(&self, collection: &str, filter: Value) -> Task<'static, Explained> {
        let answer = self.command("explain", collection, json!({ "filter": filter }));
        Box::pin(async move { Ok(Explained::read(&answer.await?)) })
    }
}

fn count(answer: &Value, field: &str) -> Result<u64, LabError> {
    answer[field].as_u64().ok_or_else(|| LabError::answer("document store", format!("it answered {answer}")))
}

fn documents(answer: Task<'static, Value>) -> Task<'static, Documents> {
    Box::pin(async move {
        let mut answer = answer.await?;
        match answer["cursor"]["firstBatch"].take() {
            Value::Array(all) => Ok(Documents(all)),
            _ => Err(LabError::answer("document store", format!("it answered {answer}"))),
        }
    })
}

/// Documents that were found: a table of their fields in a page, a line of JSON each in a console.
#[derive(Clone, Debug, PartialEq)]
pub struct Documents(pub Vec<Value>);

impl Documents {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values of one field, in the order of the documents; null where a document has none.
    pub fn field(&self, path: &str) -> Vec<Value> {
        self.0.iter().map(|document| value::at(document, path).cloned().unwrap_or_default()).collect()
    }
}

impl fmt::Display for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no documents");
        }
        let lines: Vec<String> = self.0.iter().map(value::text).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Render for Documents {
    fn render(&self) -> MimeBundle {
        let plain = MimeBundle::text(self.to_string());
        let mut columns: Vec<&str> = Vec::new();
        for field in self.0.iter().filter_map(Value::as_object).flat_map(|document| document.keys()) {
            if !columns.contains(&field.as_str()) {
                columns.push(field);
            }
        }
        if columns.is_empty() {
            return plain;
        }
        let cell = |document: &Value, field: &str| match document.get(field) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => value::text(other),
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
    fn read(answer: &Value) -> Self {
        let statistics = &answer["executionStats"];
        Self {
            index: index_of(&answer["queryPlanner"]["winningPlan"]),
            examined: statistics["totalDocsExamined"].as_u64(),
            found: statistics["nReturned"].as_u64(),
        }
    }
}

/// The index in a plan, at any depth.
fn index_of(plan: &Value) -> Option<String> {
    match plan {
        Value::Object(fields) => match fields.get("indexName").and_then(Value::as_str) {
            Some(name) => Some(name.to_owned()),
            None => fields.values().find_map(index_of),
        },
        Value::Array(items) => items.iter().find_map(index_of),
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
