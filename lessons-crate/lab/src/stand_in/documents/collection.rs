//! One collection: its documents, and indexes that follow them.

use std::collections::{BTreeMap, BTreeSet};

use mongodb::bson::{Bson, Document};

use super::refusal::Refusal;
use super::value::{Ordered, all_at, compare, text};
use super::{filter, update};

pub(super) struct Collection {
    /// By number, in the order in which they came.
    pub(super) documents: BTreeMap<u64, Document>,
    next: u64,
    pub(super) indexes: Vec<Index>,
}

pub(super) struct Index {
    pub(super) name: String,
    pub(super) key: Document,
    pub(super) unique: bool,
    entries: BTreeMap<Vec<Ordered>, BTreeSet<u64>>,
}

impl Default for Collection {
    fn default() -> Self {
        let key = mongodb::bson::doc! { "_id": 1 };
        let by_id = Index { name: "_id_".into(), key, unique: true, entries: BTreeMap::new() };
        Self { documents: BTreeMap::new(), next: 0, indexes: vec![by_id] }
    }
}

impl Collection {
    /// Puts a document in, or in the place of another; all indexes follow.
    pub(super) fn put(&mut self, place: Option<u64>, document: Document) -> Result<(), Refusal> {
        for index in self.indexes.iter().filter(|index| index.unique) {
            for key in index.keys(&document) {
                let others = index.entries.get(&key).into_iter().flatten();
                if others.into_iter().any(|&other| Some(other) != place) {
                    let values: Vec<String> = key.iter().map(|Ordered(value)| text(value)).collect();
                    let error = format!("index {}: {} is there already", index.name, values.join(", "));
                    return Err(Refusal::duplicate(&error));
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

    pub(super) fn numbers(&self, filter: &Document) -> Result<Vec<u64>, String> {
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
    pub(super) fn find(&self, filter: &Document) -> Result<(Vec<Document>, usize, Option<&Index>), String> {
        let (candidates, index) = self.candidates(filter);
        let found = self.numbers(filter)?.iter().map(|number| self.documents[number].clone()).collect();
        Ok((found, candidates.len(), index))
    }

    /// The documents that may pass, from the index that names them best, or all.
    fn candidates(&self, filter: &Document) -> (BTreeSet<u64>, Option<&Index>) {
        let best = self.indexes.iter().filter_map(|index| Some((index.fit(filter)?, index)));
        match best.max_by_key(|((fields, _), _)| *fields) {
            Some(((_, numbers), index)) => (numbers, Some(index)),
            None => (self.documents.keys().copied().collect(), None),
        }
    }

    pub(super) fn delete(&mut self, filter: &Document, one: bool) -> Result<usize, String> {
        let mut numbers = self.numbers(filter)?;
        if one {
            numbers.truncate(1);
        }
        numbers.iter().for_each(|&number| self.take(number));
        Ok(numbers.len())
    }

    /// Changes one document or many; how many there are, and how many are now different.
    pub(super) fn update(
        &mut self,
        filter: &Document,
        change: &Document,
        many: bool,
    ) -> Result<(usize, usize), Refusal> {
        let mut numbers = self.numbers(filter)?;
        if !many {
            numbers.truncate(1);
        }
        let mut different = 0;
        for &number in &numbers {
            let mut document = self.documents[&number].clone();
            update::apply(&mut document, change)?;
            if document != self.documents[&number] {
                different += 1;
                self.put(Some(number), document)?;
            }
        }
        Ok((numbers.len(), different))
    }

    pub(super) fn add_index(&mut self, wanted: &Document) -> Result<(), Refusal> {
        let key = wanted.get_document("key").map_err(|_| "an index needs a key")?.clone();
        if key.is_empty() || key.values().any(|way| super::value::whole(way).is_none()) {
            return Err(
                "an index has fields in the order 1 or -1; no other kinds are known to this store".into()
            );
        }
        let words = || key.iter().map(|(field, way)| format!("{field}_{way}")).collect::<Vec<_>>().join("_");
        let name = wanted.get_str("name").map_or_else(|_| words(), str::to_owned);
        let unique = wanted.get_bool("unique").unwrap_or(false);
        let mut index = Index { name, key, unique, entries: BTreeMap::new() };
        if self.indexes.iter().any(|own| own.name == index.name) {
            return Ok(());
        }
        for (&number, document) in &self.documents {
            index.add(number, document);
        }
        if index.unique && index.entries.values().any(|numbers| numbers.len() > 1) {
            return Err(Refusal::duplicate(&format!("index {} cannot be unique", index.name)));
        }
        self.indexes.push(index);
        Ok(())
    }
}

impl Index {
    fn add(&mut self, number: u64, document: &Document) {
        for key in self.keys(document) {
            self.entries.entry(key).or_default().insert(number);
        }
    }

    /// The keys of a document: one, or one for each element of a list.
    fn keys(&self, document: &Document) -> Vec<Vec<Ordered>> {
        let mut keys = vec![Vec::new()];
        for field in self.key.keys() {
            let mut values = Vec::new();
            all_at(document, field, &mut values);
            let mut values: Vec<Bson> = match values[..] {
                [Bson::Array(items)] => items.clone(),
                _ => values.into_iter().cloned().collect(),
            };
            if values.is_empty() {
                values.push(Bson::Null);
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
    fn fit(&self, filter: &Document) -> Option<(usize, BTreeSet<u64>)> {
        let operator = |condition: &'_ Bson, names: [&str; 2]| {
            let operators = condition.as_document()?;
            names.iter().find_map(|name| operators.get(name)).cloned()
        };
        let fixed = |field: &String| {
            let condition = filter.get(field)?;
            let value = operator(condition, ["$eq", "$eq"]).unwrap_or_else(|| condition.clone());
            let plain = !matches!(value, Bson::Array(_) | Bson::Null | Bson::Document(_));
            plain.then_some(Ordered(value))
        };
        let prefix: Vec<Ordered> = self.key.keys().map_while(fixed).collect();
        if !prefix.is_empty() {
            let from = self.entries.range(prefix.clone()..);
            let same = from.take_while(|(key, _)| key.starts_with(&prefix));
            return Some((2 * prefix.len(), same.flat_map(|(_, numbers)| numbers).copied().collect()));
        }
        let condition = filter.get(self.key.keys().next()?)?;
        let (low, high) = (operator(condition, ["$gt", "$gte"]), operator(condition, ["$lt", "$lte"]));
        if low.is_none() && high.is_none() {
            return None;
        }
        let start = vec![Ordered(low.unwrap_or(Bson::MinKey))];
        let within = |key: &&Vec<Ordered>| high.as_ref().is_none_or(|high| compare(&key[0].0, high).is_le());
        let found = self.entries.range(start..).take_while(|(key, _)| within(key));
        Some((1, found.flat_map(|(_, numbers)| numbers).copied().collect()))
    }
}
