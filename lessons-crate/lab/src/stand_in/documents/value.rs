//! Values: paths into documents, and the order of values of any kind.

use std::cmp::Ordering;

use serde_json::Value;

/// The value at a path such as `address.city`, through objects and (by number) arrays.
pub(super) fn at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(document, |value, step| match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// All values at a path: where there is an array on the way, those of each of its elements.
pub(super) fn all_at<'a>(value: &'a Value, path: &str, out: &mut Vec<&'a Value>) {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let mut down = |next: &'a Value| match rest {
        Some(rest) => all_at(next, rest, out),
        None => out.push(next),
    };
    match value {
        Value::Object(fields) => {
            if let Some(next) = fields.get(step) {
                down(next);
            }
        }
        Value::Array(items) => {
            if let Some(next) = step.parse::<usize>().ok().and_then(|index| items.get(index)) {
                down(next);
            } else {
                items.iter().filter(|item| item.is_object()).for_each(|item| all_at(item, path, out));
            }
        }
        _ => {}
    }
}

/// The place of a path, made if need be; `None` when something else than an object is in the way.
pub(super) fn make<'a>(document: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(document, |value, step| match value {
        Value::Object(fields) => Some(fields.entry(step).or_insert(Value::Null)),
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        Value::Null => {
            *value = Value::Object(serde_json::Map::new());
            value.as_object_mut().map(|fields| fields.entry(step).or_insert(Value::Null))
        }
        _ => None,
    })
}

/// Takes away what is at a path.
pub(super) fn remove(document: &mut Value, path: &str) {
    let (parent, field) = match path.rsplit_once('.') {
        Some((parent, field)) => {
            (parent.split('.').try_fold(document, |value, step| value.get_mut(step)), field)
        }
        None => (Some(document), path),
    };
    if let Some(fields) = parent.and_then(Value::as_object_mut) {
        fields.remove(field);
    }
}

/// Kinds in MongoDB's order: null, numbers, text, objects, arrays, identifiers, truths, times.
fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Number(_) => 1,
        Value::String(_) => 2,
        Value::Object(fields) if fields.contains_key("$oid") => 5,
        Value::Object(fields) if fields.contains_key("$date") => 7,
        Value::Object(_) => 3,
        Value::Array(_) => 4,
        Value::Bool(_) => 6,
    }
}

/// The order of any two values.
pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().unwrap_or_default().total_cmp(&b.as_f64().unwrap_or_default()),
        },
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => {
            let pairs = a.iter().zip(b).map(|(a, b)| compare(a, b));
            pairs.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
        }
        (Value::Object(a), Value::Object(b)) => {
            let pairs = a.iter().zip(b).map(|((n, a), (m, b))| n.cmp(m).then_with(|| compare(a, b)));
            pairs.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
        }
        _ => Ordering::Equal,
    })
}

/// A value with the order above, for the keys of indexes and groups.
#[derive(Clone, Debug)]
pub(super) struct Ordered(pub(super) Value);

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

/// Fields and directions, from `{"age": -1}` or `[["age", -1], ["name", 1]]`.
pub(super) fn directions(value: &Value) -> Vec<(String, i64)> {
    let number = |value: &Value| value.as_i64().unwrap_or(1);
    match value {
        Value::Object(fields) => fields.iter().map(|(field, way)| (field.clone(), number(way))).collect(),
        Value::Array(pairs) => {
            let pair = |pair: &Value| Some((pair.get(0)?.as_str()?.to_owned(), number(pair.get(1)?)));
            pairs.iter().filter_map(pair).collect()
        }
        _ => Vec::new(),
    }
}

/// Sorts documents by fields; equal ones keep their order.
pub(super) fn sort(documents: &mut [Value], by: &Value) {
    let by = directions(by);
    documents.sort_by(|a, b| {
        by.iter().fold(Ordering::Equal, |order, (field, way)| {
            let value = |document| at(document, field).unwrap_or(&Value::Null);
            let one = compare(value(a), value(b));
            order.then(if *way < 0 { one.reverse() } else { one })
        })
    });
}

/// Whole numbers stay whole.
pub(super) fn number(value: f64) -> Value {
    // Up to 2^53 a float holds every whole number.
    if value.fract() == 0.0 && value.abs() < 9e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and small enough, as just seen")]
        let whole = value as i64;
        return whole.into();
    }
    value.into()
}

/// A value as a line of JSON, identifiers and times without their wrapping.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Object(fields) => match (fields.get("$oid"), fields.get("$date")) {
            (Some(id), _) => text(id),
            (_, Some(time)) => text(time),
            _ => {
                let inner: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{name:?}: {}", text(value))).collect();
                format!("{{{}}}", inner.join(", "))
            }
        },
        Value::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
