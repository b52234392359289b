//! Validators and conditions.

use super::*;

#[test]
fn comparisons_of_the_standard() {
    // RFC 9110, section 8.8.3.2.
    for (one, other, strong, weak) in [
        ("W/\"1\"", "W/\"1\"", false, true),
        ("W/\"1\"", "W/\"2\"", false, false),
        ("W/\"1\"", "\"1\"", false, true),
        ("\"1\"", "\"1\"", true, true),
    ] {
        let (one, other) = (ETag::parse(one).unwrap(), ETag::parse(other).unwrap());
        assert_eq!((one.strong_eq(&other), one.weak_eq(&other)), (strong, weak), "{one} {other}");
        assert_eq!(ETag::parse(&one.to_string()), Some(one));
    }
    for text in ["1", "w/\"1\"", "\"", "\"a\"b\"", "W/1", "\"a b\""] {
        assert_eq!(ETag::parse(text), None, "{text}");
    }
    assert_eq!(ETag::strong("a\"b\n").to_string(), "\"ab\"");
}

fn now(tag: &str, modified: u64) -> Validator {
    Validator { etag: ETag::parse(tag), last_modified: Some(second(modified)) }
}

fn asked(fields: &[(&str, &str)], current: Option<&Validator>, method: Method) -> Outcome {
    let mut all = Fields::new();
    fields.iter().for_each(|(name, value)| all.push(name, value));
    Preconditions::of(&all).evaluate(current, method)
}

const BEFORE: &str = "Thu, 01 Jan 1970 00:01:00 GMT";
const AT: &str = "Thu, 01 Jan 1970 00:01:40 GMT";
const AFTER: &str = "Thu, 01 Jan 1970 00:02:00 GMT";

#[test]
fn every_condition_on_its_own() {
    use Method::{Get, Head, Post, Put};
    use Outcome::{Failed, NotModified, Proceed};
    let page = now("\"5\"", 100);
    let weak = now("W/\"5\"", 100);
    let bare = Validator::default();
    for (field, value, current, method, outcome) in [
        ("If-Match", "\"5\"", Some(&page), Put, Proceed),
        ("If-Match", "\"4\", \"5\"", Some(&page), Put, Proceed),
        ("If-Match", "\"4\"", Some(&page), Put, Failed),
        ("If-Match", "\"4\"", Some(&page), Get, Failed),
        // A weak tag never passes the strong comparison, on either side.
        ("If-Match", "W/\"5\"", Some(&page), Put, Failed),
        ("If-Match", "\"5\"", Some(&weak), Put, Failed),
        ("If-Match", "W/\"5\"", Some(&weak), Put, Failed),
        ("If-Match", "*", Some(&page), Put, Proceed),
        ("If-Match", "*", Some(&bare), Put, Proceed),
        ("If-Match", "*", None, Put, Failed),
        ("If-Match", "\"5\"", None, Put, Failed),
        ("If-Match", "nonsense", Some(&page), Put, Failed),
        ("If-None-Match", "\"5\"", Some(&page), Get, NotModified),
        ("If-None-Match", "W/\"5\"", Some(&page), Head, NotModified),
        ("If-None-Match", "\"5\"", Some(&weak), Get, NotModified),
        ("If-None-Match", "\"5\"", Some(&page), Put, Failed),
        ("If-None-Match", "\"4\"", Some(&page), Get, Proceed),
        ("If-None-Match", "*", Some(&page), Put, Failed),
        ("If-None-Match", "*", None, Put, Proceed),
        ("If-Modified-Since", AT, Some(&page), Get, NotModified),
        ("If-Modified-Since", AFTER, Some(&page), Get, NotModified),
        ("If-Modified-Since", BEFORE, Some(&page), Get, Proceed),
        ("If-Modified-Since", AFTER, Some(&page), Post, Proceed),
        ("If-Modified-Since", AFTER, Some(&bare), Get, Proceed),
        ("If-Modified-Since", "yesterday", Some(&page), Get, Proceed),
        ("If-Unmodified-Since", AT, Some(&page), Put, Proceed),
        ("If-Unmodified-Since", BEFORE, Some(&page), Put, Failed),
        ("If-Unmodified-Since", BEFORE, Some(&bare), Put, Proceed),
        ("If-Unmodified-Since", BEFORE, None, Put, Proceed),
    ] {
        assert_eq!(
            asked(&[(field, value)], current, method),
            outcome,
            "{method} {field}: {value}, {current:?}"
        );
    }
}

#[test]
fn tags_go_before_dates_and_matches_before_non_matches() {
    let page = now("\"5\"", 100);
    let outcome = |fields: &[(&str, &str)], method| asked(fields, Some(&page), method);
    assert_eq!(
        outcome(&[("If-Match", "\"5\""), ("If-Unmodified-Since", BEFORE)], Method::Put),
        Outcome::Proceed
    );
    assert_eq!(
        outcome(&[("If-None-Match", "\"4\""), ("If-Modified-Since", AFTER)], Method::Get),
        Outcome::Proceed
    );
    assert_eq!(outcome(&[("If-Match", "\"4\""), ("If-None-Match", "\"5\"")], Method::Get), Outcome::Failed);
    assert_eq!(
        outcome(&[("If-Match", "\"5\""), ("If-None-Match", "\"5\"")], Method::Get),
        Outcome::NotModified
    );
    assert_eq!(outcome(&[("If-Match", "\"4\"")], Method::Options), Outcome::Proceed);
}

#[test]
fn a_part_only_of_the_same_version() {
    let page = now("\"5\"", 100);
    let outcome = |value, method| asked(&[("Range", "bytes=0-9"), ("If-Range", value)], Some(&page), method);
    assert_eq!(outcome("\"5\"", Method::Get), Outcome::Part);
    assert_eq!(outcome("W/\"5\"", Method::Get), Outcome::Proceed);
    assert_eq!(outcome("\"4\"", Method::Get), Outcome::Proceed);
    assert_eq!(outcome(AT, Method::Get), Outcome::Part);
    assert_eq!(outcome(AFTER, Method::Get), Outcome::Proceed);
    assert_eq!(outcome("\"5\"", Method::Head), Outcome::Proceed);
    assert_eq!(asked(&[("Range", "bytes=0-9")], Some(&page), Method::Get), Outcome::Part);
}

/// In every combination: 304 answers reads only, and a change with `If-Match` happens on the named version only.
#[test]
fn the_whole_table() {
    let states = [None, Some(now("\"5\"", 100)), Some(now("W/\"5\"", 100)), Some(Validator::default())];
    let tags = [None, Some("*"), Some("\"5\""), Some("W/\"5\""), Some("\"4\"")];
    let dates = [None, Some(BEFORE), Some(AT), Some(AFTER)];
    let mut seen = 0;
    for (method, state) in
        Method::ALL.into_iter().flat_map(|method| states.iter().map(move |state| (method, state)))
    {
        for (if_match, none) in tags.iter().flat_map(|one| tags.iter().map(move |other| (one, other))) {
            for (since, unmodified) in
                dates.iter().flat_map(|one| dates.iter().map(move |other| (one, other)))
            {
                let fields: Vec<(&str, &str)> = [
                    ("If-Match", if_match),
                    ("If-None-Match", none),
                    ("If-Modified-Since", since),
                    ("If-Unmodified-Since", unmodified),
                ]
                .into_iter()
                .filter_map(|(name, value)| value.map(|value| (name, value)))
                .collect();
                let outcome = asked(&fields, state.as_ref(), method);
                let reads = matches!(method, Method::Get | Method::Head);
                assert!(outcome != Outcome::NotModified || reads, "{method} {fields:?}");
                let strong = state.as_ref().is_some_and(|now| now.etag == ETag::parse("\"5\""));
                let named = *if_match == Some("\"5\"") && strong || *if_match == Some("*") && state.is_some();
                let conditional = !matches!(method, Method::Connect | Method::Options | Method::Trace);
                if conditional && if_match.is_some() && !named {
                    assert_eq!(outcome, Outcome::Failed, "{method} {fields:?} {state:?}");
                }
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 9 * 4 * 25 * 16);
}
