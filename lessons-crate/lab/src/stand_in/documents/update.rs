//! What a change does to a document.

use mongodb::bson::{Bson, Document};

use super::value::{compare, float, make, number, remove, text};

/// Changes a document in place: with operators, or by another one in its place (its `_id` stays).
///
/// # Errors
///
/// When an operator is not known here, or does not fit what is there.
pub(super) fn apply(document: &mut Document, change: &Document) -> Result<(), String> {
    if !change.keys().any(|name| name.starts_with('$')) {
        let id = document.remove("_id");
        let rest = change.iter().filter(|(name, _)| id.is_none() || *name != "_id");
        let rest = rest.map(|(name, value)| (name.clone(), value.clone()));
        *document = id.clone().map(|id| ("_id".to_owned(), id)).into_iter().chain(rest).collect();
        return Ok(());
    }
    for (operator, fields) in change {
        for (path, argument) in fields.as_document().ok_or_else(|| format!("{operator} takes a document"))? {
            if path == "_id" && document.get("_id").is_some_and(|id| compare(id, argument).is_ne()) {
                return Err("the _id of a document does not change".into());
            }
            one(document, operator, path, argument)?;
        }
    }
    Ok(())
}

fn one(document: &mut Document, operator: &str, path: &str, argument: &Bson) -> Result<(), String> {
    if operator == "$unset" {
        remove(document, path);
        return Ok(());
    }
    let place = make(document, path).ok_or_else(|| format!("{path} leads through what is no document"))?;
    let computed = |place: &Bson, compute: fn(f64, f64) -> f64| {
        let now = if *place == Bson::Null { &Bson::Int32(0) } else { place };
        let both = float(now).zip(float(argument));
        let (a, b) = both.ok_or_else(|| format!("{operator} takes numbers, and {path} is {}", text(now)))?;
        Ok::<_, String>(number(compute(a, b), &[now, argument]))
    };
    match operator {
        "$set" => *place = argument.clone(),
        "$inc" => *place = computed(place, |now, by| now + by)?,
        "$mul" => *place = computed(place, |now, by| now * by)?,
        "$min" | "$max" => {
            let order = compare(argument, place);
            if *place == Bson::Null
                || (operator == "$min" && order.is_lt())
                || (operator == "$max" && order.is_gt())
            {
                *place = argument.clone();
            }
        }
        "$push" | "$addToSet" | "$pull" => {
            if *place == Bson::Null {
                *place = Bson::Array(Vec::new());
            }
            let items = place.as_array_mut().ok_or_else(|| format!("{path} is no list"))?;
            let several =
                argument.as_document().and_then(|fields| fields.get_array("$each").ok()).map(Vec::as_slice);
            let equal = |a: &Bson, b: &Bson| compare(a, b).is_eq();
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
    use mongodb::bson::doc;

    use super::*;

    #[test]
    fn changes_as_the_manual_describes_them() {
        let cases = [
            (
                doc! {"$set": {"a.b": 1}, "$inc": {"n": 2}},
                doc! {"_id": 1, "n": 7, "l": [1, 2], "a": {"b": 1}},
            ),
            (doc! {"$inc": {"m": 0.5}}, doc! {"_id": 1, "n": 5, "l": [1, 2], "m": 0.5}),
            (doc! {"$unset": {"n": ""}, "$push": {"l": 2}}, doc! {"_id": 1, "l": [1, 2, 2]}),
            (doc! {"$addToSet": {"l": {"$each": [2, 3]}}}, doc! {"_id": 1, "n": 5, "l": [1, 2, 3]}),
            (doc! {"$pull": {"l": 1}, "$max": {"n": 9}}, doc! {"_id": 1, "n": 9, "l": [2]}),
            (doc! {"x": true}, doc! {"_id": 1, "x": true}),
        ];
        for (change, expected) in cases {
            let mut document = doc! {"_id": 1, "n": 5, "l": [1, 2]};
            apply(&mut document, &change).expect("known");
            assert_eq!(document, expected, "{change}");
        }
        let mut document = doc! {"_id": 1, "n": "five"};
        for wrong in [doc! {"$inc": {"n": 1}}, doc! {"$rename": {"n": "m"}}, doc! {"$set": {"_id": 2}}] {
            assert!(apply(&mut document, &wrong).is_err(), "{wrong}");
        }
    }
}
