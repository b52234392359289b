//! The same documents in async-graphql's parser.

use async_graphql_parser::parse_query;

use super::*;

/// What our printer writes, it reads; it agrees on what is a document. It does not know `\u{...}`, it wants the
/// names of a document to differ, and it has a limit of its own for brackets.
#[test]
fn documents_are_those_of_async_graphql() {
    let mut rng = Rng::new(22);
    for _ in 0..500 {
        let mut text = String::new();
        selection(&mut rng, "Query", 4, &mut text);
        text += "fragment Q on Query { numbers } fragment U on User { u: id }";
        let theirs = parse_query(doc(&text).to_string()).expect("they read what we print");
        assert_eq!(theirs.fragments.len(), 2);
        assert_eq!(theirs.operations.iter().count(), 1);
    }
    for good in [
        "{a}",
        "query{a}",
        "{a(b:1.5,c:\"x\",d:$e,f:[1],g:{h:I})@j{k}}",
        "{...A ...on B{c}}",
        "query($a:[B!]!=1){c}",
    ] {
        assert!(parse(good).is_ok() && parse_query(good).is_ok(), "{good}");
    }
    for bad in [
        "{",
        "{a}}",
        "{a(}",
        "{a(b:)}",
        "{...}",
        "query($a){b}",
        "{a:}",
        "{a @}",
        "{a(b:\"x)}",
        "fragment on on A{b}",
    ] {
        assert!(parse(bad).is_err() && parse_query(bad).is_err(), "{bad}");
    }
}
