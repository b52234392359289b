//! The stages of an aggregation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::filter::matches;
use super::value::{Ordered, at, compare, make, number, remove, sort};

/// Sends documents through all stages. `others` gives the documents of another collection.
///
/// # Errors
///
/// When a stage or an operator is not known here.
pub(super) fn run(
    documents: Vec<Value>,
    stages: &[Value],
    others: &dyn Fn(&str) -> Vec<Value>,
) -> Result<Vec<Value>, String> {
    stages.iter().try_fold(documents, |documents, stage| {
        let mut fields = stage.as_object().into_iter().flatten();
        let (Some((name, argument)), None) = (fields.next(), fields.next()) else {
            return Err("a stage is an object of one field".into());
        };
        self::stage(documents, name, argument, others)
    })
}

fn stage(
    mut documents: Vec<Value>,
    name: &str,
    argument: &Value,
    others: &dyn Fn(&str) -> Vec<Value>,
) -> Result<Vec<Value>, String> {
    let whole = || {
        let count = argument.as_u64().and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| format!("{name} takes a number"))
    };
    let field = |field: &str| argument[field].as_str().ok_or_else(|| format!("{name} needs {field}"));
    match name {
        "$match" => {
            let mut kept = Vec::new();
            for document in documents {
                if matches(&document, argument)? {
                    kept.push(document);
                }
            }
            Ok(kept)
        }
        "$sort" => {
            sort(&mut documents, argument);
            Ok(documents)
        }
        "$limit" => {
            documents.truncate(whole()?);
            Ok(documents)
        }
        "$skip" => Ok(documents.split_off(whole()?.min(documents.len()))),
        "$count" => {
            let name = argument.as_str().ok_or("$count takes a name")?;
            Ok(vec![json!({ name: documents.len() })])
        }
        "$project" => documents.into_iter().map(|document| project(document, argument)).collect(),
        "$addFields" | "$set" => {
            for document in &mut documents {
                let before = document.clone();
                for (path, expression) in argument.as_object().into_iter().flatten() {
                    if let Some(place) = make(document, path) {
                        *place = evaluate(&before, expression)?;
                    }
                }
            }
            Ok(documents)
        }
        "$unwind" => {
            let path = argument.as_str().or(argument["path"].as_str()).unwrap_or_default();
            let path = path.strip_prefix('$').ok_or("$unwind takes a path such as \"$tags\"")?;
            let unwound = documents.into_iter().flat_map(|document| {
                let items = match at(&document, path) {
                    Some(Value::Array(items)) => items.clone(),
                    Some(value) if !value.is_null() => vec![value.clone()],
                    _ => Vec::new(),
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
        "$group" => group(&documents, argument),
        "$lookup" => {
            let (local, foreign, into) = (field("localField")?, field("foreignField")?, field("as")?);
            let from = others(field("from")?);
            for document in &mut documents {
                let wanted = at(document, local).cloned().unwrap_or_default();
                let mut found = Vec::new();
                for other in &from {
                    if matches(other, &json!({ foreign: wanted }))? {
                        found.push(other.clone());
                    }
                }
                document[into] = found.into();
            }
            Ok(documents)
        }
        other => Err(format!("{other} is not known to this store")),
    }
}

/// Fields to keep (1), to leave out (0), or to compute.
fn project(document: Value, fields: &Value) -> Result<Value, String> {
    let fields = fields.as_object().ok_or("a projection is an object")?;
    let is = |value: &Value, wanted: bool| {
        value.as_bool() == Some(wanted) || value.as_i64() == Some(i64::from(wanted))
    };
    let only_leaves_out = fields.values().all(|value| is(value, false));
    if only_leaves_out {
        let mut rest = document;
        fields.keys().for_each(|path| remove(&mut rest, path));
        return Ok(rest);
    }
    let mut kept = Value::Object(Map::new());
    if let (Some(id), false) = (document.get("_id"), fields.contains_key("_id")) {
        kept["_id"] = id.clone();
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
pub(super) fn projected(documents: Vec<Value>, fields: &Value) -> Result<Vec<Value>, String> {
    if fields.as_object().is_none_or(Map::is_empty) {
        return Ok(documents);
    }
    documents.into_iter().map(|document| project(document, fields)).collect()
}

/// The value of an expression: a path (`"$price"`), arithmetic, an object of expressions, or itself.
fn evaluate(document: &Value, expression: &Value) -> Result<Value, String> {
    match expression {
        Value::String(text) => Ok(match text.strip_prefix('$') {
            Some("$ROOT") => document.clone(),
            Some(path) => at(document, path).cloned().unwrap_or_default(),
            None => expression.clone(),
        }),
        Value::Object(fields) => match fields.iter().next() {
            Some((operator, argument)) if operator.starts_with('$') => {
                let several = argument.as_array().map_or(std::slice::from_ref(argument), Vec::as_slice);
                let values =
                    several.iter().map(|one| evaluate(document, one)).collect::<Result<Vec<_>, _>>()?;
                operate(operator, &values)
            }
            _ => {
                let fields =
                    fields.iter().map(|(name, value)| Ok((name.clone(), evaluate(document, value)?)));
                fields.collect::<Result<Map<_, _>, String>>().map(Value::Object)
            }
        },
        other => Ok(other.clone()),
    }
}

fn operate(operator: &str, values: &[Value]) -> Result<Value, String> {
    if operator == "$size" {
        let items = values.first().and_then(Value::as_array).ok_or("$size takes a list")?;
        return Ok(items.len().into());
    }
    if operator == "$concat" {
        return Ok(values.iter().map(|value| value.as_str().unwrap_or_default()).collect::<String>().into());
    }
    let numbers =
        values.iter().map(|value| value.as_f64().ok_or_else(|| format!("{operator} takes numbers")));
    let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
    Ok(number(match (operator, &numbers[..]) {
        ("$add", all) => all.iter().sum(),
        ("$multiply", all) => all.iter().product(),
        ("$subtract", [a, b]) => a - b,
        ("$divide", [a, b]) => a / b,
        (other, _) => return Err(format!("{other} is not known to this store")),
    }))
}

fn group(documents: &[Value], argument: &Value) -> Result<Vec<Value>, String> {
    let fields = argument.as_object().ok_or("$group takes an object")?;
    let key = fields.get("_id").ok_or("$group needs an _id")?;
    let mut groups: BTreeMap<Ordered, Vec<&Value>> = BTreeMap::new();
    for document in documents {
        groups.entry(Ordered(evaluate(document, key)?)).or_default().push(document);
    }
    let mut results = Vec::new();
    for (Ordered(id), members) in groups {
        let mut result = json!({ "_id": id });
        for (name, accumulator) in fields.iter().filter(|(name, _)| *name != "_id") {
            let one = accumulator.as_object().and_then(|fields| fields.iter().next());
            let (operator, expression) = one.ok_or_else(|| format!("{name} needs an accumulator"))?;
            let values = members.iter().map(|member| evaluate(member, expression));
            result[name] = accumulate(operator, values.collect::<Result<_, _>>()?)?;
        }
        results.push(result);
    }
    Ok(results)
}

fn accumulate(operator: &str, mut values: Vec<Value>) -> Result<Value, String> {
    let numbers: Vec<f64> = values.iter().filter_map(Value::as_f64).collect();
    let sum: f64 = numbers.iter().sum();
    // Null is left out of the smallest and the largest.
    let present = |values: Vec<Value>| values.into_iter().filter(|value| !value.is_null());
    Ok(match operator {
        "$sum" => number(sum),
        "$count" => values.len().into(),
        "$avg" if numbers.is_empty() => Value::Null,
        "$avg" => number(sum / numbers.len() as f64),
        "$min" => present(values).min_by(compare).unwrap_or_default(),
        "$max" => present(values).max_by(compare).unwrap_or_default(),
        "$first" => values.first().cloned().unwrap_or_default(),
        "$last" => values.pop().unwrap_or_default(),
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
    use super::*;

    #[test]
    fn stages_as_the_manual_describes_them() {
        let sales = [("a", 2, 5, ["x", "y"]), ("b", 1, 10, ["x", "z"]), ("a", 3, 1, ["y", "y"])];
        let sales: Vec<Value> = sales
            .iter()
            .enumerate()
            .map(|(id, (item, n, price, tags))| json!({"_id": id, "item": item, "n": n, "price": price, "tags": tags}))
            .collect();
        let cases = [
            (
                json!([{"$group": {"_id": "$item", "total": {"$sum": {"$multiply": ["$n", "$price"]}}, "sales": {"$sum": 1}}}]),
                json!([{"_id": "a", "total": 13, "sales": 2}, {"_id": "b", "total": 10, "sales": 1}]),
            ),
            (
                json!([{"$match": {"n": {"$gt": 1}}}, {"$sort": [["price", 1]]}, {"$project": {"item": 1, "_id": 0}}]),
                json!([{"item": "a"}, {"item": "a"}]),
            ),
            (
                json!([{"$unwind": "$tags"}, {"$group": {"_id": "$tags", "c": {"$count": {}}}}]),
                json!([{"_id": "x", "c": 2}, {"_id": "y", "c": 3}, {"_id": "z", "c": 1}]),
            ),
            (
                json!([{"$group": {"_id": null, "avg": {"$avg": "$n"}, "items": {"$addToSet": "$item"}, "most": {"$max": "$price"}}}]),
                json!([{"_id": null, "avg": 2, "items": ["a", "b"], "most": 10}]),
            ),
            (
                json!([{"$skip": 1}, {"$limit": 1}, {"$lookup": {"from": "items", "localField": "item", "foreignField": "_id", "as": "about"}},
                    {"$project": {"about": 1, "tags": 1, "size": {"$size": "$tags"}, "_id": 0}}]),
                json!([{"about": [{"_id": "b", "name": "Bee"}], "tags": ["x", "z"], "size": 2}]),
            ),
            (json!([{"$count": "all"}]), json!([{"all": 3}])),
        ];
        let others = |name: &str| {
            if name == "items" {
                vec![json!({"_id": "a"}), json!({"_id": "b", "name": "Bee"})]
            } else {
                Vec::new()
            }
        };
        for (stages, expected) in cases {
            let stages = stages.as_array().expect("a list");
            assert_eq!(run(sales.clone(), stages, &others).map(Value::from), Ok(expected), "{stages:?}");
        }
        assert!(run(sales, &[json!({"$facet": {}})], &others).is_err_and(|error| error.contains("$facet")));
    }
}
