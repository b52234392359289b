//! The stages of an aggregation.

use std::collections::BTreeMap;

use mongodb::bson::{Bson, Document, doc};

use super::filter::matches;
use super::value::{Ordered, at, compare, float, make, number, remove, sort, whole};

/// Sends documents through all stages. `others` gives the documents of another collection.
///
/// # Errors
///
/// When a stage or an operator is not known here.
pub(super) fn run(
    documents: Vec<Document>,
    stages: &[Bson],
    others: &dyn Fn(&str) -> Vec<Document>,
) -> Result<Vec<Document>, String> {
    stages.iter().try_fold(documents, |documents, stage| {
        let mut fields = stage.as_document().into_iter().flatten();
        let (Some((name, argument)), None) = (fields.next(), fields.next()) else {
            return Err("a stage is a document of one field".into());
        };
        self::stage(documents, name, argument, others)
    })
}

fn stage(
    mut documents: Vec<Document>,
    name: &str,
    argument: &Bson,
    others: &dyn Fn(&str) -> Vec<Document>,
) -> Result<Vec<Document>, String> {
    let count = || {
        let count = whole(argument).and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| format!("{name} takes a number"))
    };
    let fields = || argument.as_document().ok_or_else(|| format!("{name} takes a document"));
    match name {
        "$match" => {
            let filter = fields()?;
            let mut kept = Vec::new();
            for document in documents {
                if matches(&document, filter)? {
                    kept.push(document);
                }
            }
            Ok(kept)
        }
        "$sort" => {
            sort(&mut documents, fields()?);
            Ok(documents)
        }
        "$limit" => {
            documents.truncate(count()?);
            Ok(documents)
        }
        "$skip" => Ok(documents.split_off(count()?.min(documents.len()))),
        "$count" => {
            let name = argument.as_str().ok_or("$count takes a name")?;
            let all = counted(documents.len());
            // Where nothing came, nothing is counted.
            Ok(if documents.is_empty() { Vec::new() } else { vec![doc! { name: all }] })
        }
        "$project" => documents.into_iter().map(|document| project(document, fields()?)).collect(),
        "$addFields" | "$set" => {
            for document in &mut documents {
                let before = document.clone();
                for (path, expression) in fields()? {
                    if let Some(place) = make(document, path) {
                        *place = evaluate(&before, expression)?;
                    }
                }
            }
            Ok(documents)
        }
        "$unwind" => unwind(documents, argument),
        "$group" => group(&documents, fields()?),
        "$lookup" => lookup(documents, fields()?, others),
        other => Err(format!("{other} is not known to this store")),
    }
}

fn counted(count: usize) -> Bson {
    i32::try_from(count).map_or_else(|_| Bson::Int64(i64::try_from(count).unwrap_or(i64::MAX)), Bson::Int32)
}

/// One document for each element of a list.
fn unwind(documents: Vec<Document>, argument: &Bson) -> Result<Vec<Document>, String> {
    let path = argument.as_document().map_or(argument.as_str(), |fields| fields.get_str("path").ok());
    let path = path.and_then(|path| path.strip_prefix('$'));
    let path = path.ok_or("$unwind takes a path such as \"$tags\"")?;
    let unwound = documents.into_iter().flat_map(|document| {
        let items = match at(&document, path) {
            Some(Bson::Array(items)) => items.clone(),
            Some(Bson::Null) | None => Vec::new(),
            Some(value) => vec![value.clone()],
        };
        items.into_iter().map(move |item| {
            let mut one = document.clone();
            if let Some(place) = make(&mut one, path) {
                *place = item;
            }
            one
        })
    });
    Ok(unwound.collect())
}

/// Beside each document the documents of another collection that have its value.
fn lookup(
    mut documents: Vec<Document>,
    fields: &Document,
    others: &dyn Fn(&str) -> Vec<Document>,
) -> Result<Vec<Document>, String> {
    let field = |name: &str| fields.get_str(name).map_err(|_| format!("$lookup needs {name}"));
    let (local, foreign, into) = (field("localField")?, field("foreignField")?, field("as")?);
    let from = others(field("from")?);
    for document in &mut documents {
        let wanted = doc! { foreign: at(document, local).cloned().unwrap_or(Bson::Null) };
        let mut found = Vec::new();
        for other in &from {
            if matches(other, &wanted)? {
                found.push(other.clone());
            }
        }
        document.insert(into, found);
    }
    Ok(documents)
}

/// Fields to keep (1), to leave out (0), or to compute.
fn project(mut document: Document, fields: &Document) -> Result<Document, String> {
    let is = |value: &Bson, wanted: bool| {
        value.as_bool() == Some(wanted) || whole(value) == Some(i64::from(wanted))
    };
    if fields.values().all(|value| is(value, false)) {
        fields.keys().for_each(|path| remove(&mut document, path));
        return Ok(document);
    }
    let mut kept = Document::new();
    if let (Some(id), false) = (document.get("_id"), fields.contains_key("_id")) {
        kept.insert("_id", id.clone());
    }
    for (path, expression) in fields.iter().filter(|(_, value)| !is(value, false)) {
        let value = if is(expression, true) {
            at(&document, path).cloned()
        } else {
            Some(evaluate(&document, expression)?)
        };
        if let Some((place, value)) = value.and_then(|value| Some((make(&mut kept, path)?, value))) {
            *place = value;
        }
    }
    Ok(kept)
}

/// The projection of a find.
pub(super) fn projected(documents: Vec<Document>, fields: &Document) -> Result<Vec<Document>, String> {
    if fields.is_empty() {
        return Ok(documents);
    }
    documents.into_iter().map(|document| project(document, fields)).collect()
}

/// The value of an expression: a path (`"$price"`), arithmetic, a document of expressions, or itself.
fn evaluate(document: &Document, expression: &Bson) -> Result<Bson, String> {
    match expression {
        Bson::String(text) => Ok(match text.strip_prefix('$') {
            Some("$ROOT") => Bson::Document(document.clone()),
            Some(path) => at(document, path).cloned().unwrap_or(Bson::Null),
            None => expression.clone(),
        }),
        Bson::Document(fields) => match fields.iter().next() {
            Some((operator, argument)) if operator.starts_with('$') => {
                let several = argument.as_array().map_or(std::slice::from_ref(argument), Vec::as_slice);
                let values =
                    several.iter().map(|one| evaluate(document, one)).collect::<Result<Vec<_>, _>>()?;
                operate(operator, &values)
            }
            _ => {
                let fields =
                    fields.iter().map(|(name, value)| Ok((name.clone(), evaluate(document, value)?)));
                fields.collect::<Result<Document, String>>().map(Bson::Document)
            }
        },
        other => Ok(other.clone()),
    }
}

fn operate(operator: &str, values: &[Bson]) -> Result<Bson, String> {
    match operator {
        "$size" => {
            let items = values.first().and_then(Bson::as_array).ok_or("$size takes a list")?;
            return Ok(counted(items.len()));
        }
        "$concat" => {
            let texts = values.iter().map(|value| value.as_str().unwrap_or_default());
            return Ok(texts.collect::<String>().into());
        }
        "$add" | "$multiply" | "$subtract" | "$divide" => {}
        other => return Err(format!("{other} is not known to this store")),
    }
    let numbers = values.iter().map(|value| float(value).ok_or_else(|| format!("{operator} takes numbers")));
    let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
    let from: Vec<&Bson> = values.iter().collect();
    Ok(match (operator, &numbers[..]) {
        ("$add", all) => number(all.iter().sum(), &from),
        ("$multiply", all) => number(all.iter().product(), &from),
        ("$subtract", [a, b]) => number(a - b, &from),
        ("$divide", [_, 0.0]) => return Err("$divide by zero".into()),
        ("$divide", [a, b]) => Bson::Double(a / b),
        (other, _) => return Err(format!("{other} takes two numbers")),
    })
}

fn group(documents: &[Document], fields: &Document) -> Result<Vec<Document>, String> {
    let key = fields.get("_id").ok_or("$group needs an _id")?;
    let mut groups: BTreeMap<Ordered, Vec<&Document>> = BTreeMap::new();
    for document in documents {
        groups.entry(Ordered(evaluate(document, key)?)).or_default().push(document);
    }
    let mut results = Vec::new();
    for (Ordered(id), members) in groups {
        let mut result = doc! { "_id": id };
        for (name, accumulator) in fields.iter().filter(|(name, _)| *name != "_id") {
            let one = accumulator.as_document().and_then(|fields| fields.iter().next());
            let (operator, expression) = one.ok_or_else(|| format!("{name} needs an accumulator"))?;
            let values = members.iter().map(|member| evaluate(member, expression));
            result.insert(name, accumulate(operator, values.collect::<Result<_, _>>()?)?);
        }
        results.push(result);
    }
    Ok(results)
}

fn accumulate(operator: &str, mut values: Vec<Bson>) -> Result<Bson, String> {
    let numbers: Vec<f64> = values.iter().filter_map(float).collect();
    let sum: f64 = numbers.iter().sum();
    // Null is left out of the smallest and the largest.
    let present = |values: Vec<Bson>| values.into_iter().filter(|value| *value != Bson::Null);
    Ok(match operator {
        "$sum" => number(sum, &values.iter().collect::<Vec<_>>()),
        "$count" => counted(values.len()),
        "$avg" if numbers.is_empty() => Bson::Null,
        "$avg" => Bson::Double(sum / numbers.len() as f64),
        "$min" => present(values).min_by(compare).unwrap_or(Bson::Null),
        "$max" => present(values).max_by(compare).unwrap_or(Bson::Null),
        "$first" => values.first().cloned().unwrap_or(Bson::Null),
        "$last" => values.pop().unwrap_or(Bson::Null),
        "$push" => values.into(),
        "$addToSet" => {
            values.sort_by(compare);
            values.dedup_by(|a, b| compare(a, b).is_eq());
            values.into()
        }
        other => return Err(format!("{other} is not known to this store")),
    })
}

#[cfg(test)]
mod tests {
    use mongodb::bson::bson;

    use super::*;

    #[test]
    fn stages_as_the_manual_describes_them() {
        let sales = [("a", 2, 5, ["x", "y"]), ("b", 1, 10, ["x", "z"]), ("a", 3, 1, ["y", "y"])];
        let sales: Vec<Document> = sales
            .iter()
            .enumerate()
            .map(|(id, (item, n, price, tags))| doc! {"_id": id as i32, "item": item, "n": n, "price": price, "tags": tags.to_vec()})
            .collect();
        let cases = [
            (
                bson!([{"$group": {"_id": "$item", "total": {"$sum": {"$multiply": ["$n", "$price"]}}, "sales": {"$sum": 1}}}]),
                bson!([{"_id": "a", "total": 13, "sales": 2}, {"_id": "b", "total": 10, "sales": 1}]),
            ),
            (
                bson!([{"$match": {"n": {"$gt": 1}}}, {"$sort": {"price": 1}}, {"$project": {"item": 1, "_id": 0}}]),
                bson!([{"item": "a"}, {"item": "a"}]),
            ),
            (
                bson!([{"$unwind": "$tags"}, {"$group": {"_id": "$tags", "c": {"$count": {}}}}]),
                bson!([{"_id": "x", "c": 2}, {"_id": "y", "c": 3}, {"_id": "z", "c": 1}]),
            ),
            (
                bson!([{"$group": {"_id": Bson::Null, "avg": {"$avg": "$n"}, "items": {"$addToSet": "$item"}, "most": {"$max": "$price"}}}]),
                bson!([{"_id": Bson::Null, "avg": 2.0, "items": ["a", "b"], "most": 10}]),
            ),
            (
                bson!([{"$skip": 1}, {"$limit": 1}, {"$lookup": {"from": "items", "localField": "item", "foreignField": "_id", "as": "about"}},
                    {"$project": {"about": 1, "tags": 1, "size": {"$size": "$tags"}, "_id": 0}}]),
                bson!([{"about": [{"_id": "b", "name": "Bee"}], "tags": ["x", "z"], "size": 2}]),
            ),
            (bson!([{"$count": "all"}]), bson!([{"all": 3}])),
        ];
        let others = |name: &str| {
            if name == "items" {
                vec![doc! {"_id": "a"}, doc! {"_id": "b", "name": "Bee"}]
            } else {
                Vec::new()
            }
        };
        for (stages, expected) in cases {
            let stages = stages.as_array().expect("a list");
            assert_eq!(run(sales.clone(), stages, &others).map(Bson::from), Ok(expected), "{stages:?}");
        }
        assert!(run(sales, &[bson!({"$facet": {}})], &others).is_err_and(|error| error.contains("$facet")));
    }
}
