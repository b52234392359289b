//! Values: paths into documents, and the order of values of any kind.

use std::cmp::Ordering;

use mongodb::bson::{Bson, Document};

/// The value at a path such as `address.city`, through documents and (by number) arrays.
pub(crate) fn at<'a>(document: &'a Document, path: &str) -> Option<&'a Bson> {
    let mut steps = path.split('.');
    let first = document.get(steps.next()?)?;
    steps.try_fold(first, |value, step| match value {
        Bson::Document(fields) => fields.get(step),
        Bson::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// All values at a path: where there is an array on the way, those of each of its elements.
pub(super) fn all_at<'a>(document: &'a Document, path: &str, out: &mut Vec<&'a Bson>) {
    let (step, rest) = first(path);
    if let Some(next) = document.get(step) {
        below(next, rest, out);
    }
}

fn first(path: &str) -> (&str, Option<&str>) {
    path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)))
}

fn below<'a>(value: &'a Bson, path: Option<&str>, out: &mut Vec<&'a Bson>) {
    let Some(path) = path else { return out.push(value) };
    match value {
        Bson::Document(fields) => all_at(fields, path, out),
        Bson::Array(items) => {
            let (step, rest) = first(path);
            if let Some(next) = step.parse::<usize>().ok().and_then(|index| items.get(index)) {
                below(next, rest, out);
            } else {
                items.iter().filter_map(Bson::as_document).for_each(|item| all_at(item, path, out));
            }
        }
        _ => {}
    }
}

/// The place of a path, made if need be; `None` when something else than a document is in the way.
pub(super) fn make<'a>(document: &'a mut Document, path: &str) -> Option<&'a mut Bson> {
    let (step, rest) = first(path);
    let place = document.entry(step).or_insert(Bson::Null);
    match rest {
        None => Some(place),
        Some(rest) => make_below(place, rest),
    }
}

fn make_below<'a>(value: &'a mut Bson, path: &str) -> Option<&'a mut Bson> {
    if *value == Bson::Null {
        *value = Bson::Document(Document::new());
    }
    match value {
        Bson::Document(fields) => make(fields, path),
        Bson::Array(items) => {
            let (step, rest) = first(path);
            let item = items.get_mut(step.parse::<usize>().ok()?)?;
            match rest {
                None => Some(item),
                Some(rest) => make_below(item, rest),
            }
        }
        _ => None,
    }
}

/// Takes away what is at a path.
pub(super) fn remove(document: &mut Document, path: &str) {
    match first(path) {
        (field, None) => drop(document.remove(field)),
        (step, Some(rest)) => {
            if let Some(inner) = document.get_mut(step).and_then(Bson::as_document_mut) {
                remove(inner, rest);
            }
        }
    }
}

/// A number of any kind.
pub(super) fn float(value: &Bson) -> Option<f64> {
    match value {
        Bson::Int32(whole) => Some(f64::from(*whole)),
        // What is larger than 2^53 is rounded, as MongoDB does where it adds floats.
        #[expect(clippy::cast_precision_loss, reason = "as just said")]
        Bson::Int64(whole) => Some(*whole as f64),
        Bson::Double(float) => Some(*float),
        _ => None,
    }
}

/// A whole number, also one that is written as a float.
pub(super) fn whole(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(whole) => Some(i64::from(*whole)),
        Bson::Int64(whole) => Some(*whole),
        // Up to 2^53 a float holds every whole number.
        #[expect(clippy::cast_possible_truncation, reason = "whole and small enough, as just asked")]
        Bson::Double(float) if float.fract() == 0.0 && float.abs() < 9e15 => Some(*float as i64),
        _ => None,
    }
}

/// What is computed from numbers: a float if one of them is, else a whole number, as small as it fits.
pub(super) fn number(value: f64, from: &[&Bson]) -> Bson {
    match whole(&Bson::Double(value)) {
        Some(whole) if !from.iter().any(|one| matches!(one, Bson::Double(_))) => {
            i32::try_from(whole).map_or(Bson::Int64(whole), Bson::Int32)
        }
        _ => Bson::Double(value),
    }
}

/// Kinds in MongoDB's order: null, numbers, text, documents, arrays, bytes, identifiers, truths, times.
pub(super) fn rank(value: &Bson) -> u8 {
    match value {
        Bson::MinKey => 0,
        Bson::Null | Bson::Undefined => 1,
        Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_) => 2,
        Bson::String(_) | Bson::Symbol(_) => 3,
        Bson::Document(_) => 4,
        Bson::Array(_) => 5,
        Bson::Binary(_) => 6,
        Bson::ObjectId(_) => 7,
        Bson::Boolean(_) => 8,
        Bson::DateTime(_) => 9,
        Bson::Timestamp(_) => 10,
        Bson::MaxKey => 12,
        _ => 11,
    }
}

/// The order of any two values.
pub(super) fn compare(a: &Bson, b: &Bson) -> Ordering {
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Bson::String(a), Bson::String(b)) => a.cmp(b),
        (Bson::Boolean(a), Bson::Boolean(b)) => a.cmp(b),
        (Bson::ObjectId(a), Bson::ObjectId(b)) => a.cmp(b),
        (Bson::DateTime(a), Bson::DateTime(b)) => a.cmp(b),
        (Bson::Null | Bson::Undefined, _) => Ordering::Equal,
        (Bson::Array(a), Bson::Array(b)) => {
            let pairs = a.iter().zip(b).map(|(a, b)| compare(a, b));
            pairs.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
        }
        (Bson::Document(a), Bson::Document(b)) => {
            let pairs = a.iter().zip(b).map(|((n, a), (m, b))| n.cmp(m).then_with(|| compare(a, b)));
            pairs.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
        }
        _ => match (whole(a).zip(whole(b)), float(a).zip(float(b))) {
            (Some((a, b)), _) => a.cmp(&b),
            (None, Some((a, b))) => a.total_cmp(&b),
            // Kinds that lessons do not use: any order that is always the same.
            (None, None) => a.to_string().cmp(&b.to_string()),
        },
    })
}

/// A value with the order above, for the keys of indexes and groups.
#[derive(Clone, Debug)]
pub(super) struct Ordered(pub(super) Bson);

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

/// Sorts documents by fields, each with 1 or -1; equal ones keep their order.
pub(super) fn sort(documents: &mut [Document], by: &Document) {
    documents.sort_by(|a, b| {
        by.iter().fold(Ordering::Equal, |order, (field, way)| {
            let value = |document| at(document, field).unwrap_or(&Bson::Null);
            let one = compare(value(a), value(b));
            order.then(if float(way).is_some_and(|way| way < 0.0) { one.reverse() } else { one })
        })
    });
}

/// A value as a line of JSON, identifiers and times without their wrapping.
pub(crate) fn text(value: &Bson) -> String {
    match value {
        Bson::Document(fields) => document_text(fields),
        Bson::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(", ")),
        Bson::String(own) => serde_json::Value::from(own.as_str()).to_string(),
        Bson::ObjectId(id) => format!("\"{id}\""),
        Bson::DateTime(time) => time.timestamp_millis().to_string(),
        other => other.to_string(),
    }
}

/// The same of a document.
pub(crate) fn document_text(document: &Document) -> String {
    let field = |(name, value): (&String, &Bson)| format!("{}: {}", serde_json::json!(name), text(value));
    format!("{{{}}}", document.iter().map(field).collect::<Vec<_>>().join(", "))
}
