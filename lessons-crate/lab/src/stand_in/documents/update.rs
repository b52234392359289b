//! What a change does to a document.

use serde_json::Value;

use super::value::{compare, make, number, remove};

/// Changes a document in place: with operators, or by another one in its place (its `_id` stays).
///
/// # Errors
///
/// When an operator is not known here, or does not fit what is there.
pub(super) fn apply(document: &mut Value, change: &Value) -> Result<(), String> {
    let Some(operators) = change.as_object() else { return Err("a change is an object".into()) };
    if !operators.keys().any(|name| name.starts_with('$')) {
        let id = document["_id"].take();
        *document = change.clone();
        document["_id"] = id;
        return Ok(());
    }
    for (operator, fields) in operators {
        for (path, argument) in fields.as_object().ok_or_else(|| format!("{operator} takes an object"))? {
            if path == "_id" && document["_id"] != *argument {
                return Err("the _id of a document does not change".into());
            }
            one(document, operator, path, argument)?;
        }
    }
    Ok(())
}

fn one(document: &mut Value, operator: &str, path: &str, argument: &Value) -> Result<(), String> {
    if operator == "$unset" {
        remove(document, path);
        return Ok(());
    }
    let place = make(document, path).ok_or_else(|| format!("{path} leads through what is no object"))?;
    let numbers = |place: &Value, default: f64| {
        let now = if place.is_null() { Some(default) } else { place.as_f64() };
        now.zip(argument.as_f64()).ok_or_else(|| format!("{operator} takes numbers, and {path} is {place}"))
    };
    match operator {
        "$set" => *place = argument.clone(),
        "$inc" => {
            let (now, by) = numbers(place, 0.0)?;
            *place = number(now + by);
        }
        "$mul" => {
            let (now, by) = numbers(place, 0.0)?;
            *place = number(now * by);
        }
        "$min" | "$max" => {
            let order = compare(argument, place);
            if place.is_null()
                || (operator == "$min" && order.is_lt())
                || (operator == "$max" && order.is_gt())
            {
                *place = argument.clone();
            }
        }
        "$push" | "$addToSet" | "$pull" => {
            if place.is_null() {
                *place = Value::Array(Vec::new());
            }
            let items = place.as_array_mut().ok_or_else(|| format!("{path} is no list"))?;
            let several = argument.get("$each").and_then(Value::as_array).map(Vec::as_slice);
            let equal = |a: &Value, b: &Value| compare(a, b).is_eq();
            match operator {
                "$pull" => items.retain(|item| !equal(item, argument)),
                _ => {
                    for item in several.unwrap_or(std::slice::from_ref(argument)) {
                        if operator == "$push" || !items.iter().any(|own| equal(own, item)) {
                            items.push(item.clone());
                        }
                    }
                }
            }
        }
        other => return Err(format!("{other} is not known to this store")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_as_the_manual_describes_them() {
        let cases = [
            (
                json!({"$set": {"a.b": 1}, "$inc": {"n": 2}}),
                json!({"_id": 1, "n": 7, "l": [1, 2], "a": {"b": 1}}),
            ),
            (json!({"$inc": {"m": 0.5}}), json!({"_id": 1, "n": 5, "l": [1, 2], "m": 0.5})),
            (json!({"$unset": {"n": ""}, "$push": {"l": 2}}), json!({"_id": 1, "l": [1, 2, 2]})),
            (json!({"$addToSet": {"l": {"$each": [2, 3]}}}), json!({"_id": 1, "n": 5, "l": [1, 2, 3]})),
            (json!({"$pull": {"l": 1}, "$max": {"n": 9}}), json!({"_id": 1, "n": 9, "l": [2]})),
            (json!({"x": true}), json!({"_id": 1, "x": true})),
        ];
        for (change, expected) in cases {
            let mut document = json!({"_id": 1, "n": 5, "l": [1, 2]});
            apply(&mut document, &change).expect("known");
            assert_eq!(document, expected, "{change}");
        }
        let mut document = json!({"_id": 1, "n": "five"});
        for wrong in [json!({"$inc": {"n": 1}}), json!({"$rename": {"n": "m"}}), json!({"$set": {"_id": 2}})]
        {
            assert!(apply(&mut document, &wrong).is_err(), "{wrong}");
        }
    }
}
