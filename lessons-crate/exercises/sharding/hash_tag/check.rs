//! Checks which part of a key decides its slot.

use algorithms::interrupt::checkpoint;
use algorithms::rng::Rng;
use algorithms::sharding;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

type Tag = fn(&str) -> &str;

/// Checks a function that gives the part of a key that a Redis Cluster hashes.
pub fn hash_tag(tag: fn(&str) -> &str) -> Report {
    Checker::new(&EXERCISE)
        .visible("without braces: the whole key", move || each(tag, &["user:17", "", "größe"]))
        .visible("what is between the braces", move || {
            each(tag, &["{user:17}:cart", "cart:{user:17}", "a{b}c", "{user:17}"])
        })
        .visible("nothing between the braces: the whole key", move || each(tag, &["foo{}", "{}bar", "a{}b"]))
        .visible("the first brace, and the first that closes it", move || {
            each(tag, &["foo{bar}{zap}", "{a}b}", "{a}{b}{c}"])
        })
        .hidden("a brace in the braces belongs to the tag", move || each(tag, &["foo{{bar}}zap", "{{}"]))
        .hidden("a brace that is never closed, or closed before it is opened", move || {
            each(tag, &["foo{bar", "foo}bar", "}foo{", "a}{b}", "a}{b", "{"])
        })
        .hidden("behind an empty pair nothing counts", move || each(tag, &["foo{}{bar}", "{}{a}"]))
        .hidden("keys of random letters and braces", move || random(tag))
        .finish()
}

fn right(key: &str) -> &str {
    let tag = sharding::hash_tag(key.as_bytes());
    std::str::from_utf8(tag).unwrap_or(key)
}

fn each(tag: Tag, keys: &[&str]) -> Result<(), Failure> {
    keys.iter().try_for_each(|key| expect(tag, key))
}

fn expect(tag: Tag, key: &str) -> Result<(), Failure> {
    let (expected, found) = (right(key), tag(key));
    if found == expected {
        return Ok(());
    }
    let open = key.find('{');
    let last_open = key.rfind('{');
    let after = |open: Option<usize>| open.map(|at| &key[at + 1..]);
    let to_last = after(open).and_then(|rest| rest.rfind('}').map(|end| &rest[..end]));
    let from_last = after(last_open).and_then(|rest| rest.find('}').map(|end| &rest[..end]));
    let later = after(open).and_then(|rest| rest.split_once('}')).map(|(_, rest)| rest).and_then(|rest| {
        let open = rest.find('{')?;
        let rest = &rest[open + 1..];
        Some(&rest[..rest.find('}')?])
    });
    let diagnosis = if found.is_empty() && !key.is_empty() && key.contains("{}") {
        Some((
            "empty-tag",
            "With nothing between the braces the whole key counts: otherwise all keys with {} in them would share one slot.",
        ))
    } else if expected == key
        && open.is_some_and(|at| !key[at..].contains('}'))
        && found == &key[open.unwrap_or(0) + 1..]
    {
        Some((
            "never-closed",
            "A brace that is never closed is a letter like any other: the whole key counts.",
        ))
    } else if expected == key && later == Some(found) {
        Some((
            "second-chance",
            "Only the first pair is looked at: if it is empty the whole key counts, whatever comes behind.",
        ))
    } else if found == key && open.is_some_and(|at| key[..at].contains('}')) {
        Some((
            "closing-brace-before",
            "A } before the first { closes nothing: look for it only in what comes after the {.",
        ))
    } else if found == key {
        Some((
            "whole-key",
            "The tag alone must decide: keys with the same tag share a slot, so that one command may use them together.",
        ))
    } else if found.starts_with('{')
        && found.ends_with('}')
        && found.get(1..found.len() - 1) == Some(expected)
    {
        Some(("braces-included", "The braces are not part of the tag: Redis hashes what is between them."))
    } else if to_last == Some(found) {
        Some((
            "last-closing-brace",
            "The tag ends at the first } after the {, not at the last one of the key.",
        ))
    } else if from_last == Some(found) {
        Some(("last-opening-brace", "The tag begins at the first { of the key, not at the last."))
    } else {
        None
    };
    Err(Failure::new(format!("{expected:?}"), format!("{found:?}"))
        .input(format!("{key:?}"))
        .maybe_diagnosis(diagnosis.map(|(name, message)| (name, message.to_owned()))))
}

fn random(tag: Tag) -> Result<(), Failure> {
    let mut rng = Rng::new(12);
    for length in 0..2_000usize {
        checkpoint();
        let key: String =
            (0..length % 9).filter_map(|_| rng.choose(&['{', '}', 'a', 'b']).copied()).collect();
        expect(tag, &key)?;
    }
    Ok(())
}
