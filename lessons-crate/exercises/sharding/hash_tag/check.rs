//! Checks which part of a key decides its slot.

use algorithms::rng::Rng;
use algorithms::sharding;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

/// A key in, the part that is hashed out.
type Answer = fn(&str) -> &str;
planted!("sharding/hash_tag");

const QUESTION: Question<Answer, String, String> = Question {
    ask: |tag, key| tag(key).to_owned(),
    right: |key| String::from_utf8_lossy(sharding::hash_tag(key.as_bytes())).into_owned(),
    accepts: None,
    same: |one, other| one == other,
    input: |key| format!("tag({key:?})"),
    output: |tag| format!("{tag:?}"),
};

/// Checks a function that gives the part of a key that a Redis Cluster hashes.
pub fn hash_tag(tag: fn(&str) -> &str) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, tag, MISTAKES)
        .visible("without braces: the whole key", || keys(&["user:17", "", "größe"]))
        .visible("what is between the braces", || {
            keys(&["{user:17}:cart", "cart:{user:17}", "a{b}c", "{user:17}", "größe{maß}"])
        })
        .visible("nothing between the braces: the whole key", || keys(&["foo{}", "{}bar", "a{}b", "{}"]))
        .visible("the first brace, and the first that closes it", || {
            keys(&["foo{bar}{zap}", "{a}b}", "{a}{b}{c}"])
        })
        .hidden("a brace in the braces belongs to the tag", || keys(&["foo{{bar}}zap", "{{}"]))
        .hidden("a brace that is never closed, or closed before it is opened", || {
            keys(&["foo{bar", "foo}bar", "}foo{", "a}{b}", "a}{b", "{"])
        })
        .hidden("behind an empty pair nothing counts", || keys(&["foo{}{bar}", "{}{a}", "{}}"]))
        .hidden("keys of random letters and braces", random)
        .finish()
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(ToString::to_string).collect()
}

fn random() -> Vec<String> {
    let mut rng = Rng::new(12);
    (0..2_000usize)
        .map(|round| (0..round % 9).filter_map(|_| rng.choose(&['{', '}', 'a', 'b']).copied()).collect())
        .collect()
}
