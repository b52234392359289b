//! Published examples, theory, other parsers, and bytes that nobody means well with.

mod caching;
mod conditions;
mod parsing;

use std::time::Duration;

use super::*;

fn second(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn dates_of_the_standard() {
    let same = second(784_111_777);
    for text in
        ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
    {
        assert_eq!(date::parse(text), Some(same), "{text}");
    }
    for text in
        ["0", "", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994", "é"]
    {
        assert_eq!(date::parse(text), None, "{text}");
    }
    assert_eq!(date::format(second(951_782_400)), "Tue, 29 Feb 2000 00:00:00 GMT");
    for days in 0..80_000 {
        let time = second(days * 86_400 + 12_345);
        assert_eq!(date::parse(&date::format(time)), Some(time));
    }
}

#[test]
fn accept_example_of_the_standard() {
    // RFC 9110, section 12.5.1.
    let accept = Accept::parse(
        "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5",
    );
    for (content, weight) in [
        ("text/plain;format=flowed", 1_000),
        ("text/plain", 700),
        ("text/html", 300),
        ("image/jpeg", 500),
        ("text/plain;format=fixed", 400),
    ] {
        assert_eq!(accept.weight(content), weight, "{content}");
    }
    let refuses = Accept::parse("application/json, */*;q=0");
    assert_eq!(refuses.best(&["text/html"]), None);
    assert_eq!(refuses.best(&["text/html", "APPLICATION/JSON"]), Some("APPLICATION/JSON"));
    // Equal weights: the server's order. Nothing said: its first.
    assert_eq!(Accept::parse("*/*").best(&["a/b", "c/d"]), Some("a/b"));
    assert_eq!(Accept::parse("").best(&["a/b", "c/d"]), Some("a/b"));
    assert_eq!(Accept::parse("*/json, a/b;q=1.5, a/b;q=0.1234, x").weight("a/b"), 1_000, "no range is left");
}

#[test]
fn encodings() {
    for (field, expected) in [
        (None, Some("identity")),
        (Some(""), Some("identity")),
        (Some("gzip, br"), Some("br")),
        (Some("gzip;q=1.0, identity; q=0.5, *;q=0"), Some("gzip")),
        (Some("*"), Some("br")),
        (Some("gzip;q=0"), Some("identity")),
        (Some("identity;q=0, gzip;q=0"), None),
        (Some("identity;q=0.5, *;q=0"), Some("identity")),
        (Some("gzip;q=0.2, identity"), Some("identity")),
    ] {
        assert_eq!(best_encoding(field, &["br", "gzip"]), expected, "{field:?}");
    }
}

#[test]
fn methods_and_statuses() {
    for method in Method::ALL {
        assert_eq!(Method::parse(method.name()), Some(method));
        // What is safe changes nothing, so doing it twice changes nothing.
        assert!(!method.is_safe() || method.is_idempotent());
        assert!(!method.is_cacheable() || method.is_safe());
    }
    assert_eq!(Method::parse("get"), None);
    assert!((100..600).all(|code| Status(code).is_error() == (code >= 400)));
    assert_eq!(Status(413).to_string(), "413 Content Too Large");
}
