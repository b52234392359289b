//! Checks a function that compares a path with a pattern.

use algorithms::gateway::{LinearRouter, Router as _};
use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

/// Pattern and path in; the values of the parameters out, when the pattern fits.
type Answer = fn(&str, &str) -> Option<Vec<String>>;
planted!("gateway/route_values");

const QUESTION: Question<Answer, (String, String), Option<Vec<String>>> = Question {
    ask: |values, (pattern, path)| values(pattern, path),
    right: |(pattern, path)| {
        let mut router = LinearRouter::default();
        router.insert(pattern).ok()?;
        router.find(path).map(|found| found.params.iter().map(|(_, value)| (*value).to_owned()).collect())
    },
    accepts: None,
    same: |one, other| one == other,
    input: |(pattern, path)| format!("values({pattern:?}, {path:?})"),
    output: |values| format!("{values:?}"),
};

/// Checks a function that says whether a pattern fits a path, and with which values of its parameters.
pub fn route_values(values: fn(&str, &str) -> Option<Vec<String>>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, values, MISTAKES)
        .visible("a literal pattern fits its own path and no other", || {
            pairs("/orders", &["/orders", "/order", "/orders-old", "/ORDERS", "/"])
        })
        .visible("{name} takes one segment, whatever it is", || {
            let mut all =
                pairs("/orders/{id}", &["/orders/17", "/orders/A-%2F", "/orders/ ", "/orders/{id}"]);
            all.extend(pairs("/a/{x}/b/{y}", &["/a/1/b/2", "/a/b/b/a", "/a/1/c/2"]));
            all.extend(pairs("/{x}/b", &["/a/c", "/a/b"]));
            all
        })
        .visible("a path with more or fewer segments does not fit", || {
            let mut all = pairs("/orders/{id}", &["/orders", "/orders/17/parts"]);
            all.extend(pairs("/orders", &["/orders/17"]));
            all
        })
        .visible("{*rest} takes all that is left", || {
            let mut all = pairs("/files/{*rest}", &["/files/a.txt", "/files/a/b/c.txt", "/file/a"]);
            all.extend(pairs("/a/{x}/{*rest}", &["/a/1/2/3"]));
            all.extend(pairs("/{*rest}", &["/a", "/a/b/", "//"]));
            all
        })
        .hidden("an empty segment is no value, and a slash at the end is a segment", || {
            let mut all = pairs("/orders/{id}", &["/orders/", "/orders//17"]);
            all.extend(pairs("/{x}/b", &["//b"]));
            all.extend(pairs("/files/{*rest}", &["/files/", "/files", "/files//a", "/files/a//b/"]));
            all.extend(pairs("/orders", &["/orders/", "//orders"]));
            all.extend(pairs("/a/b", &["/a//b"]));
            all
        })
        .hidden("text is compared as it is", || {
            let mut all =
                pairs("/Orders/Größe", &["/Orders/Größe", "/orders/größe", "/Orders/Gr%C3%B6%C3%9Fe"]);
            all.extend(pairs("/a%20b", &["/a%20b", "/a b", "/a+b"]));
            all.extend(pairs("/v1.0/*", &["/v1.0/*", "/v1.0/x", "/v1x0/*"]));
            all.extend(pairs("/a/./b", &["/a/./b", "/a/b"]));
            all
        })
        .hidden("it agrees with our router on random patterns and paths", random)
        .described(known::EMPTY_VALUE, |_, right, found| {
            right.is_none() && found.as_ref().is_some_and(|values| values.iter().any(String::is_empty))
        })
        .finish()
}

fn pairs(pattern: &str, paths: &[&str]) -> Vec<(String, String)> {
    paths.iter().map(|path| (pattern.to_owned(), (*path).to_owned())).collect()
}

fn random() -> Vec<(String, String)> {
    let mut rng = Rng::new(2);
    let mut draw = |parts: &[&str]| -> String {
        (0..1 + rng.below(4)).map(|_| format!("/{}", parts[rng.index(parts.len())])).collect()
    };
    let drawn =
        (0..2_000).map(|_| (draw(&["a", "B", "ab", "{x}", "{y}", "{*z}"]), draw(&["a", "B", "b", "ab", ""])));
    drawn.filter(|(pattern, _)| LinearRouter::default().insert(pattern).is_ok()).collect()
}
