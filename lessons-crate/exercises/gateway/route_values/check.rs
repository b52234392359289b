//! Checks a function that compares a path with a pattern.

use algorithms::gateway::{LinearRouter, Router as _};
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// Pattern and path in; the values of the parameters out, when the pattern fits.
type Values = fn(&str, &str) -> Option<Vec<String>>;

/// Checks a function that says whether a pattern fits a path, and with which values of its parameters.
pub fn route_values(values: fn(&str, &str) -> Option<Vec<String>>) -> Report {
    Checker::new(&EXERCISE)
        .visible("a literal pattern fits its own path and no other", move || {
            cases(
                values,
                &[
                    ("/orders", "/orders"),
                    ("/orders", "/order"),
                    ("/orders", "/orders-old"),
                    ("/orders/recent", "/orders/latest"),
                ],
            )
        })
        .visible("{name} takes one segment, whatever it is", move || {
            cases(values, &[("/orders/{id}", "/orders/17"), ("/a/{x}/b/{y}", "/a/1/b/2"), ("/{x}/b", "/a/c")])
        })
        .visible("a path with more or fewer segments does not fit", move || {
            cases(
                values,
                &[
                    ("/orders/{id}", "/orders"),
                    ("/orders/{id}", "/orders/17/parts"),
                    ("/orders", "/orders/17"),
                ],
            )
        })
        .visible("{*rest} takes all that is left", move || {
            cases(values, &[("/files/{*rest}", "/files/a.txt"), ("/files/{*rest}", "/files/a/b/c.txt")])
        })
        .hidden("an empty segment is no value, and a slash at the end is a segment", move || {
            cases(
                values,
                &[
                    ("/orders/{id}", "/orders/"),
                    ("/{x}/b", "//b"),
                    ("/files/{*rest}", "/files/"),
                    ("/files/{*rest}", "/files"),
                    ("/orders", "/orders/"),
                    ("/a/b", "/a//b"),
                ],
            )
        })
        .hidden("it agrees with our router on random patterns and paths", move || random(values))
        .finish()
}

fn right(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut router = LinearRouter::default();
    router.insert(pattern).ok()?;
    router.find(path).map(|found| found.params.iter().map(|(_, value)| (*value).to_owned()).collect())
}

fn cases(values: Values, cases: &[(&str, &str)]) -> Result<(), Failure> {
    cases.iter().try_for_each(|(pattern, path)| compare(values, pattern, path))
}

fn compare(values: Values, pattern: &str, path: &str) -> Result<(), Failure> {
    let (expected, found) = (right(pattern, path), values(pattern, path));
    if expected == found {
        return Ok(());
    }
    let diagnosis = diagnose(pattern, path, expected.as_deref(), found.as_deref());
    Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input(format!("values({pattern:?}, {path:?})"))
        .maybe_diagnosis(diagnosis.map(|(key, message)| (key, message.to_owned()))))
}

fn diagnose(
    pattern: &str,
    path: &str,
    expected: Option<&[String]>,
    found: Option<&[String]>,
) -> Option<(&'static str, &'static str)> {
    let count = |text: &str| text.split('/').count();
    let has_rest = pattern.contains("{*");
    match (expected, found) {
        (None, Some(values)) if values.iter().any(String::is_empty) => Some((
            "empty-value",
            "A parameter took an empty segment: `/orders/` would be order number nothing, and reach a handler that never expects it.",
        )),
        (None, Some(_)) if path.ends_with('/') || path.contains("//") => Some((
            "empty-segments-dropped",
            "Empty segments were thrown away before comparing, so `/a//b` is taken for `/a/b`. If the gateway and the service behind it split differently, a rule can be walked around.",
        )),
        (None, Some(_)) if path.starts_with(pattern) && count(path) == count(pattern) => Some((
            "prefix-without-boundary",
            "`starts_with` on the text: /orders is also the beginning of /orders-old. Compare segment by segment.",
        )),
        (None, Some(_)) if count(pattern) != count(path) => Some((
            "stops-at-the-shorter",
            "`zip` ends with the shorter of the two, so segments that are left over are never looked at.",
        )),
        (None, Some(_)) => Some((
            "literals-not-compared",
            "A literal segment differs and the pattern still fits: compare every segment that is not a parameter.",
        )),
        (Some(_), None) if has_rest && count(path) > count(pattern) => Some((
            "rest-is-one-segment",
            "`{*rest}` takes all segments that are left, with the slashes between them.",
        )),
        (Some(expected), Some(found))
            if found.iter().any(|value| pattern.contains(&format!("{{{value}}}")))
                && found.len() == expected.len() =>
        {
            Some((
                "name-for-value",
                "This is the name in the pattern. The value is what stands in its place in the path.",
            ))
        }
        (Some(expected), Some(found))
            if has_rest
                && found.last() != expected.last()
                && found.last().map(|rest| rest.trim_matches('/')) == expected.last().map(String::as_str) =>
        {
            Some((
                "slash-around-the-rest",
                "The slash before `{*rest}` belongs to the pattern, not to the value: put slashes only between its segments.",
            ))
        }
        (Some(expected), Some(found)) if found.len() > expected.len() && !has_rest => Some((
            "literals-returned",
            "Only parameters have values: a literal segment is compared, and not kept.",
        )),
        (Some(expected), Some(found)) if has_rest && expected.len() == found.len() => Some((
            "rest-is-one-segment",
            "`{*rest}` takes all segments that are left, with the slashes between them.",
        )),
        _ => None,
    }
}

fn random(values: Values) -> Result<(), Failure> {
    let mut rng = Rng::new(2);
    let parts = ["a", "b", "ab", "{x}", "{y}", "{*z}"];
    for _ in 0..2_000 {
        let pattern: String =
            (0..1 + rng.below(4)).map(|_| format!("/{}", parts[rng.index(parts.len())])).collect();
        let path: String =
            (0..1 + rng.below(4)).map(|_| format!("/{}", ["a", "b", "ab", ""][rng.index(4)])).collect();
        let valid = LinearRouter::default().insert(&pattern).is_ok();
        if valid {
            compare(values, &pattern, &path)?;
        }
    }
    Ok(())
}
