//! Which documents a filter lets through.

use std::cmp::Ordering;

use mongodb::bson::{Bson, Document};

use super::value::{all_at, compare, rank, whole};

/// Whether a document passes.
///
/// # Errors
///
/// When the filter has an operator that is not known here.
pub(super) fn matches(document: &Document, filter: &Document) -> Result<bool, String> {
    for (field, condition) in filter {
        let any = |wanted: bool| -> Result<bool, String> {
            let message = "$and, $or and $nor take a list of filters";
            for part in condition.as_array().ok_or(message)? {
                if matches(document, part.as_document().ok_or(message)?)? == wanted {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        let passes = match field.as_str() {
            "$and" => !any(false)?,
            "$or" => any(true)?,
            "$nor" => !any(true)?,
            other if other.starts_with('$') => return Err(format!("{other} is not known to this store")),
            path => {
                let mut values = Vec::new();
                all_at(document, path, &mut values);
                field_passes(&values, condition)?
            }
        };
        if !passes {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The operators of a condition, if it is no value itself.
fn operators(condition: &Bson) -> Option<&Document> {
    condition.as_document().filter(|fields| fields.keys().next().is_some_and(|name| name.starts_with('$')))
}

fn field_passes(values: &[&Bson], condition: &Bson) -> Result<bool, String> {
    let Some(all) = operators(condition) else { return Ok(equals(values, condition)) };
    for (operator, wanted) in all {
        let list = || wanted.as_array().ok_or_else(|| format!("{operator} takes a list"));
        let passes = match operator.as_str() {
            "$eq" => equals(values, wanted),
            "$ne" => !equals(values, wanted),
            "$gt" => ordered(values, wanted, Ordering::is_gt),
            "$gte" => ordered(values, wanted, Ordering::is_ge),
            "$lt" => ordered(values, wanted, Ordering::is_lt),
            "$lte" => ordered(values, wanted, Ordering::is_le),
            "$in" => list()?.iter().any(|one| equals(values, one)),
            "$nin" => !list()?.iter().any(|one| equals(values, one)),
            "$all" => list()?.iter().all(|one| equals(values, one)),
            "$exists" => values.is_empty() != wanted.as_bool().unwrap_or(true),
            "$size" => values.iter().any(|value| {
                let length = value.as_array().and_then(|items| i64::try_from(items.len()).ok());
                length.is_some() && length == whole(wanted)
            }),
            "$not" => !field_passes(values, wanted)?,
            "$elemMatch" => {
                let mut found = false;
                for element in values.iter().filter_map(|value| value.as_array()).flatten() {
                    found |= match (operators(wanted), wanted.as_document(), element.as_document()) {
                        (Some(_), ..) => field_passes(&[element], wanted)?,
                        (None, Some(filter), Some(element)) => matches(element, filter)?,
                        _ => false,
                    };
                }
                found
            }
            other => return Err(format!("{other} is not known to this store")),
        };
        if !passes {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Equal to a value, or to an element of a list; null is also equal to what is not there.
fn equals(values: &[&Bson], wanted: &Bson) -> bool {
    let equal = |value: &Bson| compare(value, wanted).is_eq();
    (*wanted == Bson::Null && values.is_empty())
        || values
            .iter()
            .any(|value| equal(value) || value.as_array().is_some_and(|all| all.iter().any(equal)))
}

/// Only values of one kind are greater or less than each other.
fn ordered(values: &[&Bson], wanted: &Bson, test: fn(Ordering) -> bool) -> bool {
    let passes = |value: &Bson| rank(value) == rank(wanted) && test(compare(value, wanted));
    values.iter().any(|value| match value {
        Bson::Array(items) if wanted.as_array().is_none() => items.iter().any(passes),
        value => passes(value),
    })
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Bson, doc};

    use super::*;

    #[test]
    fn filters_as_the_manual_describes_them() {
        let document = doc! {"name": "Ada", "age": 36, "tags": ["math", "engine"], "empty": Bson::Null,
        "address": {"city": "London"}, "grades": [{"of": "a", "n": 5}, {"of": "b", "n": 9}]};
        let cases = [
            (doc! {}, true),
            (doc! {"name": "Ada", "age": 36.0}, true),
            (doc! {"age": {"$gt": 30, "$lte": 36}}, true),
            (doc! {"age": {"$gt": "30"}}, false),
            (doc! {"tags": "math"}, true),
            (doc! {"tags": ["math"]}, false),
            (doc! {"tags": {"$all": ["math", "engine"], "$size": 2}}, true),
            (doc! {"tags": {"$nin": ["math"]}}, false),
            (doc! {"address.city": {"$in": ["Paris", "London"]}}, true),
            (doc! {"grades.n": 9}, true),
            (doc! {"grades.0.n": 9}, false),
            (doc! {"grades": {"$elemMatch": {"of": "a", "n": {"$gt": 6}}}}, false),
            (doc! {"grades": {"$elemMatch": {"of": "b", "n": {"$gt": 6}}}}, true),
            (doc! {"missing": Bson::Null, "empty": Bson::Null}, true),
            (doc! {"empty": {"$exists": true}, "missing": {"$exists": false}}, true),
            (doc! {"missing": {"$ne": 1}}, true),
            (doc! {"$or": [{"age": 1}, {"name": {"$not": {"$eq": "Bob"}}}]}, true),
            (doc! {"$nor": [{"age": 36}]}, false),
            (doc! {"$and": [{"age": 36}, {"name": "Bob"}]}, false),
        ];
        for (filter, expected) in cases {
            assert_eq!(matches(&document, &filter), Ok(expected), "{filter}");
        }
        assert!(matches(&document, &doc! {"age": {"$near": 1}}).is_err_and(|error| error.contains("$near")));
    }
}
