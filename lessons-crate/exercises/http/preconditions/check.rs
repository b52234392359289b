//! Checks what a server does with a conditional request.

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

// The learner's word.
pub use algorithms::http::Method;

/// An entity tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Whether `W/` stands before it.
    pub weak: bool,
    /// What stands between the quotes.
    pub text: &'static str,
}

/// The versions that a condition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    /// `*`
    Any,
    /// These.
    Tags(Vec<Tag>),
}

/// The conditions of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The field If-Match.
    pub if_match: Option<Matching>,
    /// The field If-None-Match.
    pub if_none_match: Option<Matching>,
    /// The field If-Unmodified-Since, in seconds.
    pub if_unmodified_since: Option<u64>,
    /// The field If-Modified-Since, in seconds.
    pub if_modified_since: Option<u64>,
}

/// What the target is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its tag, if it has one.
    pub tag: Option<Tag>,
    /// When it was modified, in seconds, if that is known.
    pub modified: Option<u64>,
}

/// What the server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What the method says.
    Proceed,
    /// 304
    NotModified,
    /// 412
    Failed,
}

type Answer = fn(&Conditions, Option<&Version>, Method) -> Outcome;
planted!("http/preconditions");

type Input = (Conditions, Option<Version>, Method);

const QUESTION: Question<Answer, Input, Outcome> = Question {
    ask: |answer, (asked, current, method)| answer(asked, current.as_ref(), *method),
    right,
    accepts: None,
    same: |one, other| one == other,
    input: |(asked, current, method)| {
        format!("a {method} with {}, {}", shown(asked), state(current.as_ref()))
    },
    output: |outcome| format!("Outcome::{outcome:?}"),
};

/// By the library's own evaluation, which has tests of its own.
fn right((asked, current, method): &Input) -> Outcome {
    use algorithms::http as real;
    use std::time::Duration;
    let tag = |tag: &Tag| if tag.weak { real::ETag::weak(tag.text) } else { real::ETag::strong(tag.text) };
    let matching = |wanted: &Matching| match wanted {
        Matching::Any => real::Matching::Any,
        Matching::Tags(tags) => real::Matching::Tags(tags.iter().map(tag).collect()),
    };
    let conditions = real::Preconditions {
        if_match: asked.if_match.as_ref().map(matching),
        if_none_match: asked.if_none_match.as_ref().map(matching),
        if_modified_since: asked.if_modified_since.map(Duration::from_secs),
        if_unmodified_since: asked.if_unmodified_since.map(Duration::from_secs),
        ..real::Preconditions::default()
    };
    let version = current.as_ref().map(|now| real::Validator {
        etag: now.tag.as_ref().map(tag),
        last_modified: now.modified.map(Duration::from_secs),
    });
    match conditions.evaluate(version.as_ref(), *method) {
        real::Outcome::NotModified => Outcome::NotModified,
        real::Outcome::Failed => Outcome::Failed,
        real::Outcome::Proceed | real::Outcome::Part => Outcome::Proceed,
    }
}

const FIVE: Tag = Tag { weak: false, text: "5" };
const WEAK_FIVE: Tag = Tag { weak: true, text: "5" };
const FOUR: Tag = Tag { weak: false, text: "4" };

fn now(tag: Tag) -> Option<Version> {
    Some(Version { tag: Some(tag), modified: Some(100) })
}

fn if_match(tags: &[Tag]) -> Conditions {
    Conditions { if_match: Some(Matching::Tags(tags.to_vec())), ..Conditions::default() }
}

fn if_none_match(tags: &[Tag]) -> Conditions {
    Conditions { if_none_match: Some(Matching::Tags(tags.to_vec())), ..Conditions::default() }
}

fn since(time: u64) -> Conditions {
    Conditions { if_modified_since: Some(time), ..Conditions::default() }
}

/// Checks a function that evaluates the conditions of a request.
pub fn preconditions(evaluate: fn(&Conditions, Option<&Version>, Method) -> Outcome) -> Report {
    use Method::{Get, Head, Put};
    Comparison::new(&EXERCISE, &QUESTION, evaluate, MISTAKES)
        .visible("a write based on an old version fails", || {
            vec![
                (if_match(&[FOUR]), now(FIVE), Put),
                (if_match(&[FIVE]), now(FIVE), Put),
                (if_match(&[FOUR, FIVE]), now(FIVE), Method::Patch),
                (Conditions::default(), now(FIVE), Put),
            ]
        })
        .visible("a reader that has the version gets 304", || {
            vec![
                (if_none_match(&[FIVE]), now(FIVE), Get),
                (if_none_match(&[WEAK_FIVE]), now(FIVE), Head),
                (if_none_match(&[FOUR]), now(FIVE), Get),
            ]
        })
        .visible("dates, in whole seconds", || {
            let unmodified = |time| Conditions { if_unmodified_since: Some(time), ..Conditions::default() };
            vec![
                (since(100), now(FIVE), Get),
                (since(99), now(FIVE), Get),
                (since(200), now(FIVE), Put),
                (unmodified(99), now(FIVE), Put),
                (unmodified(100), now(FIVE), Put),
            ]
        })
        .visible("the tag goes before the date", || {
            let both = Conditions { if_none_match: Some(Matching::Tags(vec![FOUR])), ..since(100) };
            vec![(both, now(FIVE), Get)]
        })
        .hidden("a resource that does not exist, or has no tag", || {
            let any = |wanted: &str| Conditions {
                if_match: (wanted == "match").then_some(Matching::Any),
                if_none_match: (wanted == "none").then_some(Matching::Any),
                ..Conditions::default()
            };
            let bare = Some(Version { tag: None, modified: None });
            vec![
                (any("match"), None, Put),
                (any("none"), None, Put),
                (any("match"), bare.clone(), Put),
                (any("none"), bare.clone(), Put),
                (if_match(&[FIVE]), bare, Put),
                (if_match(&[FIVE]), None, Put),
            ]
        })
        .hidden("the whole table: six methods, four fields, four states", table)
        .finish()
}

fn table() -> Vec<Input> {
    let tags = [
        None,
        Some(Matching::Any),
        Some(Matching::Tags(vec![FIVE])),
        Some(Matching::Tags(vec![FOUR, WEAK_FIVE])),
        Some(Matching::Tags(vec![FOUR])),
    ];
    let dates = [None, Some(99), Some(100), Some(101)];
    let states = [None, now(FIVE), now(WEAK_FIVE), Some(Version { tag: None, modified: None })];
    let methods = [Method::Get, Method::Head, Method::Put, Method::Delete, Method::Post, Method::Patch];
    let mut inputs = Vec::new();
    for (if_match, if_none_match) in tags.iter().flat_map(|one| tags.iter().map(move |two| (one, two))) {
        for (modified, unmodified) in dates.iter().flat_map(|one| dates.iter().map(move |two| (one, two))) {
            for (state, method) in states.iter().flat_map(|one| methods.iter().map(move |two| (one, two))) {
                let asked = Conditions {
                    if_match: if_match.clone(),
                    if_none_match: if_none_match.clone(),
                    if_unmodified_since: *unmodified,
                    if_modified_since: *modified,
                };
                // Any other method would be answered with 404, whatever its conditions.
                if state.is_some() || *method == Method::Put {
                    inputs.push((asked, state.clone(), *method));
                }
            }
        }
    }
    inputs
}

/// As it would stand in a request.
fn shown(asked: &Conditions) -> String {
    let tag = |tag: &Tag| format!("{}\"{}\"", if tag.weak { "W/" } else { "" }, tag.text);
    let matching = |wanted: &Matching| match wanted {
        Matching::Any => "*".to_owned(),
        Matching::Tags(tags) => tags.iter().map(tag).collect::<Vec<_>>().join(", "),
    };
    let parts = [
        asked.if_match.as_ref().map(|wanted| format!("If-Match: {}", matching(wanted))),
        asked.if_unmodified_since.map(|time| format!("If-Unmodified-Since: {time}")),
        asked.if_none_match.as_ref().map(|wanted| format!("If-None-Match: {}", matching(wanted))),
        asked.if_modified_since.map(|time| format!("If-Modified-Since: {time}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "no conditions".to_owned() } else { parts.join(" and ") }
}

fn state(current: Option<&Version>) -> String {
    let Some(version) = current else { return "when there is no such resource".to_owned() };
    let tag = version.tag.as_ref().map_or_else(
        || "no tag".to_owned(),
        |tag| format!("the tag {}\"{}\"", if tag.weak { "W/" } else { "" }, tag.text),
    );
    let modified = version.modified.map_or_else(|| "nobody knows when".to_owned(), |time| time.to_string());
    format!("when the resource has {tag}, modified at {modified}")
}
