//! A document store inside this process.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::value::{Ordered, all_at, compare, directions, sort};
use super::{DocumentStore, filter, pipeline, update};
use crate::ground::error::{LabError, Task};

/// A document store inside this process, for machines without MongoDB.
///
/// It keeps collections in memory, with indexes (unique ones too) that its finds use, and knows the common
/// operators. It has no transactions, no change streams, no text or geographic search, and one database. A
/// command that it does not know is an error that says so. Identifiers that it gives count up from 1.
#[derive(Clone, Default)]
pub struct MemoryDocuments {
    data: Arc<Mutex<Data>>,
}

#[derive(Default)]
struct Data {
    collections: BTreeMap<String, Collection>,
    /// The last identifier that was given.
    last: u64,
}

struct Collection {
    /// By number, in the order in which they came.
    documents: BTreeMap<u64, Value>,
    next: u64,
    indexes: Vec<Index>,
}

struct Index {
    name: String,
    fields: Vec<String>,
    unique: bool,
    entries: BTreeMap<Vec<Ordered>, BTreeSet<u64>>,
}

impl MemoryDocuments {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn carry_out(&self, name: &str, collection: &str, arguments: &Value) -> Result<Value, String> {
        let mut data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        let list = |field: &str| arguments[field].as_array().map_or(&[][..], Vec::as_slice);
        let whole = |field: &str| arguments[field].as_u64().and_then(|n| usize::try_from(n).ok());
        let nothing = json!({});
        let filter = if arguments["filter"].is_object() { &arguments["filter"] } else { &nothing };
        match name {
            "insert" => {
                for document in list("documents") {
                    data.insert(collection, document.clone())?;
                }
                Ok(json!({ "n": list("documents").len() }))
            }
            "find" => {
                let mut found = data.collection(collection).find(filter)?.0;
                sort(&mut found, &arguments["sort"]);
                let skip = whole("skip").unwrap_or(0).min(found.len());
                let mut found = found.split_off(skip);
                found.truncate(whole("limit").filter(|&limit| limit > 0).unwrap_or(found.len()));
                cursor(pipeline::projected(found, &arguments["projection"])?)
            }
            "update" => {
                let mut changed = 0;
                for one in list("updates") {
                    changed += data.update(collection, one)?;
                }
                Ok(json!({ "n": changed }))
            }
            "delete" => {
                let mut gone = 0;
                for one in list("deletes") {
                    gone += data.collection(collection).delete(&one["q"], one["limit"] == 1)?;
                }
                Ok(json!({ "n": gone }))
            }
            "count" => Ok(json!({ "n": data.collection(collection).find(&arguments["query"])
                .or_else(|_| data.collection(collection).find(filter))?.0.len() })),
            "createIndexes" => {
                for index in list("indexes") {
                    data.collection(collection).add_index(index)?;
                }
                Ok(json!({}))
            }
            "aggregate" => {
                let all = |data: &Data, name: &str| {
                    let collection = data.collections.get(name);
                    collection.map_or_else(Vec::new, |c| c.documents.values().cloned().collect())
                };
                let data = &*data;
                let stages = list("pipeline");
                cursor(pipeline::run(all(data, collection), stages, &|name| all(data, name))?)
            }
            "explain" => {
                let (found, examined, index) = data.collection(collection).find(filter)?;
                let plan = index.map_or(json!({ "stage": "COLLSCAN" }), |name| {
                    json!({ "stage": "FETCH", "inputStage": { "stage": "IXSCAN", "indexName": name } })
                });
                let statistics = json!({ "nReturned": found.len(), "totalDocsExamined": examined });
                Ok(json!({ "queryPlanner": { "winningPlan": plan }, "executionStats": statistics }))
            }
            "drop" => {
                data.collections.remove(collection);
                Ok(json!({}))
            }
            other => Err(format!("the command {other} is not known to this store")),
        }
    }
}

fn cursor(documents: Vec<Value>) -> Result<Value, String> {
    Ok(json!({ "cursor": { "id": 0, "firstBatch": documents } }))
}

impl Data {
    fn collection(&mut self, name: &str) -> &mut Collection {
        self.collections.entry(name.to_owned()).or_insert_with(|| {
            let by_id = Index {
                name: "_id_".into(),
                fields: vec!["_id".into()],
                unique: true,
                entries: BTreeMap::new(),
            };
            Collection { documents: BTreeMap::new(), next: 0, indexes: vec![by_id] }
        })
    }

    fn insert(&mut self, collection: &str, mut document: Value) -> Result<(), String> {
        let fields = document.as_object_mut().ok_or("a document is an object")?;
        if !fields.contains_key("_id") {
            self.last += 1;
            fields.insert("_id".into(), json!({ "$oid": format!("{:024x}", self.last) }));
        }
        self.collection(collection).put(None, document)
    }

    /// Changes one document or many; makes one when none is there and that is asked for.
    fn update(&mut self, collection: &str, one: &Value) -> Result<usize, String> {
        let (filter, change) = (&one["q"], &one["u"]);
        let own = self.collection(collection);
        let mut numbers = own.numbers(filter)?;
        if one["multi"] != true {
            numbers.truncate(1);
        }
        for &number in &numbers {
            let mut document = own.documents[&number].clone();
            update::apply(&mut document, change)?;
            own.put(Some(number), document)?;
        }
        if numbers.is_empty() && one["upsert"] == true {
            let plain = filter.as_object().into_iter().flatten().filter(|(name, value)| {
                !name.starts_with('$')
                    && !value.as_object().is_some_and(|v| v.keys().any(|k| k.starts_with('$')))
            });
            let plain = plain.map(|(name, value)| (name.clone(), value.clone()));
            let mut document = Value::Object(plain.collect::<Map<_, _>>());
            let id = document.get("_id").cloned();
            update::apply(&mut document, change)?;
            match (id, document.as_object_mut()) {
                (Some(id), Some(fields)) => drop(fields.insert("_id".into(), id)),
                (None, Some(fields)) if fields.get("_id") == Some(&Value::Null) => drop(fields.remove("_id")),
                _ => {}
            }
            self.insert(collection, document)?;
            return Ok(1);
        }
        Ok(numbers.len())
    }
}

impl Collection {
    /// Puts a document in, or in the place of another; all indexes follow.
    fn put(&mut self, place: Option<u64>, document: Value) -> Result<(), String> {
        for index in self.indexes.iter().filter(|index| index.unique) {
            for key in index.keys(&document) {
                let others = index.entries.get(&key).into_iter().flatten();
                if others.into_iter().any(|&other| Some(other) != place) {
                    let values: Vec<String> = key.iter().map(|Ordered(value)| value.to_string()).collect();
                    return Err(format!(
                        "E11000 duplicate key error: index {}: {}",
                        index.name,
                        values.join(", ")
                    ));
                }
            }
        }
        let number = place.unwrap_or(self.next);
        self.next = self.next.max(number + 1);
        self.take(number);
        for index in &mut self.indexes {
            index.add(number, &document);
        }
        self.documents.insert(number, document);
        Ok(())
    }

    fn take(&mut self, number: u64) {
        let Some(old) = self.documents.remove(&number) else { return };
        for index in &mut self.indexes {
            for key in index.keys(&old) {
                if let Some(numbers) = index.entries.get_mut(&key) {
                    numbers.remove(&number);
                    if numbers.is_empty() {
                        index.entries.remove(&key);
                    }
                }
            }
        }
    }

    fn numbers(&self, filter: &Value) -> Result<Vec<u64>, String> {
        let (candidates, _) = self.candidates(filter);
        let mut numbers = Vec::new();
        for number in candidates {
            if filter::matches(&self.documents[&number], filter)? {
                numbers.push(number);
            }
        }
        Ok(numbers)
    }

    /// What a filter lets through, how many were looked at, and by which index.
    fn find(&self, filter: &Value) -> Result<(Vec<Value>, usize, Option<String>), String> {
        let (candidates, index) = self.candidates(filter);
        let found = self.numbers(filter)?.iter().map(|number| self.documents[number].clone()).collect();
        Ok((found, candidates.len(), index))
    }

    /// The documents that may pass, from the index that names them best, or all.
    fn candidates(&self, filter: &Value) -> (BTreeSet<u64>, Option<String>) {
        let best = self.indexes.iter().filter_map(|index| Some((index.fit(filter)?, index)));
        match best.max_by_key(|((fields, _), _)| *fields) {
            Some(((_, numbers), index)) => (numbers, Some(index.name.clone())),
            None => (self.documents.keys().copied().collect(), None),
        }
    }

    fn delete(&mut self, filter: &Value, one: bool) -> Result<usize, String> {
        let mut numbers = self.numbers(filter)?;
        if one {
            numbers.truncate(1);
        }
        numbers.iter().for_each(|&number| self.take(number));
        Ok(numbers.len())
    }

    fn add_index(&mut self, wanted: &Value) -> Result<(), String> {
        let fields: Vec<String> = directions(&wanted["key"]).into_iter().map(|(field, _)| field).collect();
        let name = wanted["name"].as_str().map_or_else(|| fields.join("_"), str::to_owned);
        let mut index = Index { name, fields, unique: wanted["unique"] == true, entries: BTreeMap::new() };
        if self.indexes.iter().any(|own| own.name == index.name) {
            return Ok(());
        }
        for (&number, document) in &self.documents {
            index.add(number, document);
        }
        if index.unique && index.entries.values().any(|numbers| numbers.len() > 1) {
            return Err(format!("E11000 duplicate key error: index {} cannot be unique", index.name));
        }
        self.indexes.push(index);
        Ok(())
    }
}

impl Index {
    fn add(&mut self, number: u64, document: &Value) {
        for key in self.keys(document) {
            self.entries.entry(key).or_default().insert(number);
        }
    }

    /// The keys of a document: one, or one for each element of a list.
    fn keys(&self, document: &Value) -> Vec<Vec<Ordered>> {
        let mut keys = vec![Vec::new()];
        for field in &self.fields {
            let mut values = Vec::new();
            all_at(document, field, &mut values);
            let mut values: Vec<Value> = match values[..] {
                [Value::Array(items)] => items.clone(),
                _ => values.into_iter().cloned().collect(),
            };
            if values.is_empty() {
                values.push(Value::Null);
            }
            let longer = keys.iter().flat_map(|key: &Vec<Ordered>| {
                values.iter().map(move |value| [&key[..], &[Ordered(value.clone())]].concat())
            });
            keys = longer.collect();
        }
        keys.sort();
        keys.dedup();
        keys
    }

    /// How many leading fields a filter fixes (twice that, and one less for a range), and which documents
    /// that leaves; `None` when it says nothing of the first field.
    fn fit(&self, filter: &Value) -> Option<(usize, BTreeSet<u64>)> {
        let fixed = |field: &String| {
            let condition = filter.get(field)?;
            let value = condition.get("$eq").unwrap_or(condition);
            let plain = !matches!(value, Value::Array(_) | Value::Null)
                && value.as_object().is_none_or(|fields| fields.contains_key("$oid"));
            plain.then(|| Ordered(value.clone()))
        };
        let prefix: Vec<Ordered> = self.fields.iter().map_while(fixed).collect();
        if !prefix.is_empty() {
            let from = self.entries.range(prefix.clone()..);
            let same = from.take_while(|(key, _)| key.starts_with(&prefix));
            return Some((2 * prefix.len(), same.flat_map(|(_, numbers)| numbers).copied().collect()));
        }
        let condition = filter.get(self.fields.first()?)?;
        let bound = |names: [&str; 2]| names.iter().find_map(|name| condition.get(name));
        let (low, high) = (bound(["$gt", "$gte"]), bound(["$lt", "$lte"]));
        let start = vec![Ordered(low.cloned().unwrap_or_default())];
        low.or(high)?;
        let within = |key: &&Vec<Ordered>| high.is_none_or(|high| compare(&key[0].0, high).is_le());
        let found = self.entries.range(start..).take_while(|(key, _)| within(key));
        Some((1, found.flat_map(|(_, numbers)| numbers).copied().collect()))
    }
}

impl DocumentStore for MemoryDocuments {
    fn kind(&self) -> String {
        "a document store inside this process".into()
    }

    fn command(&self, name: &str, collection: &str, arguments: Value) -> Task<'static, Value> {
        let answer = self.carry_out(name, collection, &arguments);
        Box::pin(async move { answer.map_err(|error| LabError::answer("document store", error)) })
    }
}

impl fmt::Debug for MemoryDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        write!(f, "a document store inside this process with {} collections", data.collections.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the indexes, a find gives what looking at every document gives.
        #[test]
        fn an_index_changes_how_and_not_what(
            documents in prop::collection::vec((0..6i64, 0..6i64, prop::option::of(0..4i64)), 0..40),
            filters in prop::collection::vec((0..6i64, 0..7usize), 1..8),
            removed in 0..6i64,
        ) {
            let (plain, indexed) = (MemoryDocuments::new(), MemoryDocuments::new());
            let call = |store: &MemoryDocuments, name: &str, arguments: Value| {
                store.carry_out(name, "c", &arguments).expect("known")
            };
            let all: Vec<Value> = documents.iter().enumerate().map(|(id, (a, b, c))| {
                let mut one = json!({"_id": id, "a": a, "l": [a, b]});
                if let Some(c) = c { one["c"] = json!(c); }
                one
            }).collect();
            call(&indexed, "createIndexes", json!({"indexes": [
                {"key": [["a", 1], ["c", 1]], "name": "a_c"}, {"key": [["l", 1]], "name": "l"}]}));
            for store in [&plain, &indexed] {
                call(store, "insert", json!({"documents": all}));
                call(store, "delete", json!({"deletes": [{"q": {"c": removed}, "limit": 0}]}));
                call(store, "update", json!({"updates": [{"q": {"a": removed}, "u": {"$inc": {"a": 1}}, "multi": true}]}));
            }
            for (value, shape) in filters {
                let filter = [
                    json!({"a": value}), json!({"a": {"$gt": value}}), json!({"a": {"$lt": value}}),
                    json!({"l": value}), json!({"a": value, "c": 1}), json!({"a": {"$gte": value, "$lte": value + 1}}),
                    json!({"c": {"$lte": value}}),
                ][shape].clone();
                let find = json!({"filter": filter, "sort": {"_id": 1}});
                prop_assert_eq!(call(&plain, "find", find.clone()), call(&indexed, "find", find), "{}", filter);
            }
        }
    }

    #[test]
    fn an_index_is_used_and_a_unique_one_refuses() {
        let store = MemoryDocuments::new();
        let call = |name: &str, arguments: Value| store.carry_out(name, "c", &arguments);
        let all: Vec<Value> = (0..100).map(|n| json!({"name": format!("n{n}"), "age": n % 10})).collect();
        call("insert", json!({ "documents": all })).expect("inserted");
        let scan = call("explain", json!({"filter": {"age": 3}})).expect("explained");
        assert_eq!(scan["executionStats"]["totalDocsExamined"], 100);
        call("createIndexes", json!({"indexes": [{"key": {"age": 1}, "name": "age"}]})).expect("made");
        let seek = call("explain", json!({"filter": {"age": 3}})).expect("explained");
        assert_eq!(seek["executionStats"]["totalDocsExamined"], 10);
        call("createIndexes", json!({"indexes": [{"key": {"name": 1}, "name": "name", "unique": true}]}))
            .expect("made");
        let again = call("insert", json!({"documents": [{"name": "n7"}]}));
        assert!(again.is_err_and(|error| error.contains("E11000")));
        let upsert =
            json!({"updates": [{"q": {"name": "new"}, "u": {"$inc": {"visits": 1}}, "upsert": true}]});
        for _ in 0..2 {
            call("update", upsert.clone()).expect("upserted");
        }
        let found = call("find", json!({"filter": {"name": "new"}})).expect("found");
        assert_eq!(found["cursor"]["firstBatch"][0]["visits"], 2);
        assert!(call("mapReduce", json!({})).is_err());
    }
}
