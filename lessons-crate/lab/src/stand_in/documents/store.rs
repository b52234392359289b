//! The store: collections by name, and the commands that it carries out on them.

use std::collections::BTreeMap;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};

use super::collection::Collection;
use super::refusal::Refusal;
use super::value::{sort, whole};
use super::{pipeline, update};

/// Collections in memory, by database and name (`lab.people`).
#[derive(Default)]
pub(super) struct Store {
    collections: BTreeMap<String, Collection>,
    /// The last identifier that was given; they count up.
    last: u32,
}

/// What a command answers: fields, or documents of which a cursor gives some at a time.
pub(super) enum Answer {
    Fields(Document),
    Documents(Vec<Document>),
}

/// The documents in a field of a command.
fn list<'a>(command: &'a Document, field: &str) -> Result<Vec<&'a Document>, String> {
    let all = command.get_array(field).map_err(|_| format!("the command needs a list of {field}"))?;
    let documents = all.iter().map(|one| one.as_document().ok_or_else(|| format!("{field} are documents")));
    documents.collect()
}

fn part(command: &Document, field: &str) -> Document {
    command.get_document(field).cloned().unwrap_or_default()
}

fn size(command: &Document, field: &str) -> usize {
    command.get(field).and_then(whole).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

fn counted(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

impl Store {
    /// Carries out a command on a collection.
    pub(super) fn run(&mut self, name: &str, own: &str, command: &Document) -> Result<Answer, Refusal> {
        Ok(Answer::Fields(match name {
            "insert" => self.insert_all(own, command)?,
            "update" => self.update_all(own, command)?,
            "delete" => {
                let mut gone = 0;
                for one in list(command, "deletes")? {
                    gone += self.collection(own).delete(&part(one, "q"), size(one, "limit") == 1)?;
                }
                doc! { "n": counted(gone) }
            }
            "find" => return self.find(own, command).map(Answer::Documents),
            "aggregate" => return self.aggregate(own, command).map(Answer::Documents),
            "count" => {
                let all = self.collection(own).numbers(&part(command, "query"))?.len();
                doc! { "n": counted(all) }
            }
            "createIndexes" => {
                for index in list(command, "indexes")? {
                    self.collection(own).add_index(index)?;
                }
                Document::new()
            }
            "listIndexes" => {
                let one = |index: &super::collection::Index| {
                    doc! { "v": 2, "key": index.key.clone(), "name": &index.name, "unique": index.unique }
                };
                let indexes = self.collection(own).indexes.iter().map(one);
                return Ok(Answer::Documents(indexes.collect()));
            }
            "explain" => self.explain(own, command)?,
            "drop" => {
                self.collections.remove(own);
                Document::new()
            }
            other => return Err(Refusal::unknown(other)),
        }))
    }

    /// The names of the collections of a database.
    pub(super) fn names(&self, database: &str) -> Vec<&str> {
        let own = |name: &'_ String| name.strip_prefix(database).is_some_and(|rest| rest.starts_with('.'));
        self.collections.keys().filter(|name| own(name)).map(|name| &name[database.len() + 1..]).collect()
    }

    fn collection(&mut self, name: &str) -> &mut Collection {
        self.collections.entry(name.to_owned()).or_default()
    }

    fn insert_all(&mut self, own: &str, command: &Document) -> Result<Document, Refusal> {
        let ordered = command.get_bool("ordered").unwrap_or(true);
        let (mut inserted, mut errors) = (0, Vec::new());
        for (index, document) in list(command, "documents")?.into_iter().enumerate() {
            match self.insert(own, document.clone()) {
                Ok(_) => inserted += 1,
                Err(refusal) => errors.push(refusal.of_write(index)),
            }
            if ordered && !errors.is_empty() {
                break;
            }
        }
        Ok(written(doc! { "n": inserted }, errors))
    }

    fn insert(&mut self, own: &str, document: Document) -> Result<Bson, Refusal> {
        let id = match document.get("_id") {
            Some(id) => id.clone(),
            None => {
                self.last += 1;
                ObjectId::from_parts(self.last, [0; 5], [0; 3]).into()
            }
        };
        let rest = document.into_iter().filter(|(name, _)| name != "_id");
        let document = [("_id".to_owned(), id.clone())].into_iter().chain(rest).collect();
        self.collection(own).put(None, document)?;
        Ok(id)
    }

    fn update_all(&mut self, own: &str, command: &Document) -> Result<Document, Refusal> {
        let (mut found, mut different, mut made, mut errors) = (0, 0, Vec::new(), Vec::new());
        for (index, one) in list(command, "updates")?.into_iter().enumerate() {
            let Ok(change) = one.get_document("u") else {
                return Err("a change is a document; pipelines are not known to this store".into());
            };
            let (filter, many) = (part(one, "q"), one.get_bool("multi").unwrap_or(false));
            match self.collection(own).update(&filter, change, many) {
                Ok((0, _)) if one.get_bool("upsert").unwrap_or(false) => {
                    found += 1;
                    let id = self.upsert(own, &filter, change)?;
                    made.push(doc! { "index": counted(index), "_id": id });
                }
                Ok((n, changed)) => {
                    found += n;
                    different += changed;
                }
                Err(refusal) => {
                    errors.push(refusal.of_write(index));
                    break;
                }
            }
        }
        let mut answer = doc! { "n": counted(found), "nModified": counted(different) };
        if !made.is_empty() {
            answer.insert("upserted", made);
        }
        Ok(written(answer, errors))
    }

    /// Makes the document that an update did not find, from what its filter says and the change.
    fn upsert(&mut self, own: &str, filter: &Document, change: &Document) -> Result<Bson, Refusal> {
        let plain = |(name, value): &(&String, &Bson)| {
            let operators = value.as_document().is_some_and(|v| v.keys().any(|k| k.starts_with('$')));
            !name.starts_with('$') && !operators
        };
        let plain = filter.iter().filter(plain).map(|(name, value)| (name.clone(), value.clone()));
        let mut document: Document = plain.collect();
        update::apply(&mut document, change)?;
        self.insert(own, document)
    }

    fn find(&mut self, own: &str, command: &Document) -> Result<Vec<Document>, Refusal> {
        let mut found = self.collection(own).find(&part(command, "filter"))?.0;
        sort(&mut found, &part(command, "sort"));
        let mut found = found.split_off(size(command, "skip").min(found.len()));
        match size(command, "limit") {
            0 => {}
            limit => found.truncate(limit),
        }
        Ok(pipeline::projected(found, &part(command, "projection"))?)
    }

    fn aggregate(&self, own: &str, command: &Document) -> Result<Vec<Document>, Refusal> {
        let stages = command.get_array("pipeline").map_err(|_| "an aggregation needs a pipeline")?;
        let database = own.split_once('.').map_or(own, |(database, _)| database);
        let all = |name: &str| {
            let collection = self.collections.get(name);
            collection.map_or_else(Vec::new, |own| own.documents.values().cloned().collect())
        };
        Ok(pipeline::run(all(own), stages, &|other| all(&format!("{database}.{other}")))?)
    }

    fn explain(&mut self, own: &str, command: &Document) -> Result<Document, Refusal> {
        let find = part(command, "explain");
        if !find.contains_key("find") {
            return Err("only a find is explained by this store".into());
        }
        let (found, examined, index) = self.collection(own).find(&part(&find, "filter"))?;
        let plan = index.map_or(doc! { "stage": "COLLSCAN" }, |index| {
            let scan = doc! { "stage": "IXSCAN", "indexName": &index.name, "keyPattern": index.key.clone() };
            doc! { "stage": "FETCH", "inputStage": scan }
        });
        let (found, examined) = (counted(found.len()), counted(examined));
        let statistics = doc! { "nReturned": found, "totalDocsExamined": examined };
        Ok(doc! { "queryPlanner": { "winningPlan": plan }, "executionStats": statistics })
    }
}

fn written(mut answer: Document, errors: Vec<Document>) -> Document {
    if !errors.is_empty() {
        answer.insert("writeErrors", errors);
    }
    answer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(store: &mut Store, name: &str, command: Document) -> Result<Document, Refusal> {
        Ok(match store.run(name, "lab.c", &command)? {
            Answer::Fields(fields) => fields,
            Answer::Documents(documents) => doc! { "documents": documents },
        })
    }

    fn known(store: &mut Store, name: &str, command: Document) -> Document {
        run(store, name, command).expect("known")
    }

    proptest! {
        /// Whatever the indexes, a find gives what looking at every document gives.
        #[test]
        fn an_index_changes_how_and_not_what(
            documents in prop::collection::vec((0..6i64, 0..6i64, prop::option::of(0..4i64)), 0..40),
            filters in prop::collection::vec((0..6i64, 0..7usize), 1..8),
            removed in 0..6i64,
        ) {
            let (mut plain, mut indexed) = (Store::default(), Store::default());
            let all: Vec<Document> = (0..).zip(&documents).map(|(id, (a, b, c)): (i64, _)| {
                let mut one = doc! {"_id": id, "a": a, "l": [a, b]};
                if let Some(c) = c { one.insert("c", c); }
                one
            }).collect();
            known(&mut indexed, "createIndexes", doc! {"indexes": [
                {"key": {"c": 1, "a": 1}, "name": "c_a"}, {"key": {"a": 1, "c": -1}}, {"key": {"l": 1}}]});
            for store in [&mut plain, &mut indexed] {
                known(store, "insert", doc! {"documents": all.clone()});
                known(store, "delete", doc! {"deletes": [{"q": {"c": removed}, "limit": 0}]});
                known(store, "update", doc! {"updates": [{"q": {"a": removed}, "u": {"$inc": {"a": 1}}, "multi": true}]});
            }
            for (value, shape) in filters {
                let filter = [
                    doc! {"a": value}, doc! {"a": {"$gt": value}}, doc! {"a": {"$lt": value}},
                    doc! {"l": value}, doc! {"a": value, "c": 1}, doc! {"a": {"$gte": value, "$lte": value + 1}},
                    doc! {"c": {"$lte": value}},
                ][shape].clone();
                let find = doc! {"filter": filter.clone(), "sort": {"_id": 1}};
                let both = (known(&mut plain, "find", find.clone()), known(&mut indexed, "find", find));
                prop_assert_eq!(both.0, both.1, "{}", filter);
            }
        }
    }

    #[test]
    fn an_index_is_used_and_a_unique_one_refuses() {
        let mut store = Store::default();
        let all: Vec<Document> = (0..100).map(|n| doc! {"name": format!("n{n}"), "age": n % 10}).collect();
        known(&mut store, "insert", doc! { "documents": all });
        let ask = doc! {"explain": {"find": "c", "filter": {"age": 3}}};
        let examined = |answer: Document| {
            answer.get_document("executionStats").and_then(|own| own.get_i32("totalDocsExamined")).ok()
        };
        assert_eq!(examined(known(&mut store, "explain", ask.clone())), Some(100));
        known(&mut store, "createIndexes", doc! {"indexes": [{"key": {"age": 1}}]});
        assert_eq!(examined(known(&mut store, "explain", ask)), Some(10));
        known(&mut store, "createIndexes", doc! {"indexes": [{"key": {"name": 1}, "unique": true}]});
        let again = known(&mut store, "insert", doc! {"documents": [{"name": "n7"}, {"name": "later"}]});
        assert!(
            again.to_string().contains("E11000 duplicate key error: index name_1: \"n7\" is there already"),
            "{again}"
        );
        assert_eq!(again.get_i32("n").ok(), Some(0), "what comes after an error is not inserted");
        let upsert = doc! {"updates": [{"q": {"name": "new"}, "u": {"$inc": {"visits": 1}}, "upsert": true}]};
        for _ in 0..2 {
            known(&mut store, "update", upsert.clone());
        }
        let found = known(&mut store, "find", doc! {"filter": {"name": "new"}});
        assert!(found.to_string().contains("\"visits\": 2"), "{found}");
        let error = run(&mut store, "mapReduce", doc! {}).expect_err("unknown").answer();
        assert!(error.get_str("errmsg").is_ok_and(|text| text.contains("mapReduce")), "{error}");
    }
}
