//! Which documents a filter lets through.

use std::cmp::Ordering;

use serde_json::Value;

use super::value::{all_at, compare};

/// Whether a document passes.
///
/// # Errors
///
/// When the filter has an operator that is not known here.
pub(super) fn matches(document: &Value, filter: &Value) -> Result<bool, String> {
    let Some(conditions) = filter.as_object() else { return Err("a filter is an object".into()) };
    for (field, condition) in conditions {
        let any = |wanted: bool| -> Result<bool, String> {
            for part in condition.as_array().ok_or("$and, $or and $nor take a list of filters")? {
                if matches(document, part)? == wanted {
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

/// Whether an object holds operators, and is no value itself.
fn is_operators(condition: &Value) -> bool {
    condition.as_object().is_some_and(|fields| {
        fields.keys().next().is_some_and(|name| name.starts_with('$') && name != "$oid" && name != "$date")
    })
}

fn field_passes(values: &[&Value], condition: &Value) -> Result<bool, String> {
    if !is_operators(condition) {
        return Ok(equals(values, condition));
    }
    for (operator, wanted) in condition.as_object().into_iter().flatten() {
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
                value.as_array().is_some_and(|items| Some(items.len() as u64) == wanted.as_u64())
            }),
            "$not" => !field_passes(values, wanted)?,
            "$elemMatch" => {
                let mut found = false;
                for element in values.iter().filter_map(|value| value.as_array()).flatten() {
                    found |= if is_operators(wanted) {
                        field_passes(&[element], wanted)?
                    } else {
                        matches(element, wanted)?
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
fn equals(values: &[&Value], wanted: &Value) -> bool {
    let equal = |value: &Value| compare(value, wanted).is_eq();
    (wanted.is_null() && values.is_empty())
        || values
            .iter()
            .any(|value| equal(value) || value.as_array().is_some_and(|all| all.iter().any(equal)))
}

/// Only values of one kind are greater or less than each other.
fn ordered(values: &[&Value], wanted: &Value, test: fn(Ordering) -> bool) -> bool {
    let passes = |value: &Value| {
        std::mem::discriminant(value) == std::mem::discriminant(wanted) && test(compare(value, wanted))
    };
    values.iter().any(|value| match value {
        Value::Array(items) if !wanted.is_array() => items.iter().any(passes),
        value => passes(value),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_as_the_manual_describes_them() {
        let document = json!({"name": "Ada", "age": 36, "tags": ["math", "engine"], "empty": null,
            "address": {"city": "London"}, "grades": [{"of": "a", "n": 5}, {"of": "b", "n": 9}]});
        let cases = [
            (json!({}), true),
            (json!({"name": "Ada", "age": 36.0}), true),
            (json!({"age": {"$gt": 30, "$lte": 36}}), true),
            (json!({"age": {"$gt": "30"}}), false),
            (json!({"tags": "math"}), true),
            (json!({"tags": ["math"]}), false),
            (json!({"tags": {"$all": ["math", "engine"], "$size": 2}}), true),
            (json!({"tags": {"$nin": ["math"]}}), false),
            (json!({"address.city": {"$in": ["Paris", "London"]}}), true),
            (json!({"grades.n": 9}), true),
            (json!({"grades.0.n": 9}), false),
            (json!({"grades": {"$elemMatch": {"of": "a", "n": {"$gt": 6}}}}), false),
            (json!({"grades": {"$elemMatch": {"of": "b", "n": {"$gt": 6}}}}), true),
            (json!({"missing": null, "empty": null}), true),
            (json!({"empty": {"$exists": true}, "missing": {"$exists": false}}), true),
            (json!({"missing": {"$ne": 1}}), true),
            (json!({"$or": [{"age": 1}, {"name": {"$not": {"$eq": "Bob"}}}]}), true),
            (json!({"$nor": [{"age": 36}]}), false),
            (json!({"$and": [{"age": 36}, {"name": "Bob"}]}), false),
        ];
        for (filter, expected) in cases {
            assert_eq!(matches(&document, &filter), Ok(expected), "{filter}");
        }
        assert!(
            matches(&document, &json!({"age": {"$near": 1}})).is_err_and(|error| error.contains("$near"))
        );
    }
}
