//! The routers against each other and against tables of cases.

use proptest::prelude::*;

use super::*;

fn routers() -> Vec<Box<dyn Router>> {
    vec![
        Box::new(LinearRouter::default()),
        Box::new(PrefixRouter::default()),
        Box::new(RadixRouter::default()),
    ]
}

#[test]
fn the_more_literal_pattern_decides_in_whatever_order_they_came() {
    let patterns = [
        "/",
        "/users/{id}",
        "/users/me",
        "/users/{name}/posts",
        "/users/me/{what}",
        "/files/{*path}",
        "/files/index",
        "/files/{name}/raw",
        "/caf\u{e9}",
        "/caf\u{e8}/{x}",
        "/{any}",
    ];
    type Found = Option<(&'static str, &'static [&'static str])>;
    let cases: [(&str, Found); 17] = [
        ("/", Some(("/", &[]))),
        ("", None),
        ("users/me", None),
        ("/users/me", Some(("/users/me", &[]))),
        ("/users/m", Some(("/users/{id}", &["m"]))),
        ("/users/men", Some(("/users/{id}", &["men"]))),
        ("/users/", None),
        ("/users/7/posts", Some(("/users/{name}/posts", &["7"]))),
        ("/users/me/posts", Some(("/users/me/{what}", &["posts"]))),
        ("/users/7/posts/", None),
        ("/files/index", Some(("/files/index", &[]))),
        ("/files/index/a", Some(("/files/{*path}", &["index/a"]))),
        ("/files/b/raw", Some(("/files/{name}/raw", &["b"]))),
        ("/files/", None),
        ("/caf\u{e9}", Some(("/caf\u{e9}", &[]))),
        ("/caf\u{e8}", Some(("/{any}", &["caf\u{e8}"]))),
        ("/caf", Some(("/{any}", &["caf"]))),
    ];
    for mut router in routers() {
        for reversed in [false, true] {
            let mut patterns = patterns.to_vec();
            if reversed {
                patterns.reverse();
                router = routers().into_iter().find(|other| other.name() == router.name()).expect("it");
            }
            for pattern in patterns {
                router.insert(pattern).expect(pattern);
            }
            for (path, expected) in &cases {
                let found = router.find(path);
                let found = found.as_ref().map(|found| {
                    (found.pattern, found.params.iter().map(|&(_, value)| value).collect::<Vec<_>>())
                });
                let found = found.as_ref().map(|(pattern, values)| (*pattern, &values[..]));
                assert_eq!(found, *expected, "{} with {path}", router.name());
            }
        }
    }
}

#[test]
fn bad_patterns_are_refused() {
    for mut router in routers() {
        router.insert("/a/{b}/c").expect("good");
        let mut error = |pattern: &str| router.insert(pattern).expect_err(pattern).to_string();
        assert!(error("a").contains("must begin with /"));
        assert!(error("/a{b}").contains("a{b}"));
        assert!(error("/{}").contains("{}"));
        assert!(error("/{*b}/c").contains("nothing can follow"));
        assert!(error("/{b}/{b}").contains("twice"));
        assert!(error("/a/{other}/c").contains("/a/{b}/c"));
        assert_eq!(router.len(), 1);
    }
}

#[test]
fn the_trie_shares_what_is_common() {
    let mut router = RadixRouter::default();
    for pattern in sample_routes(10_000) {
        router.insert(&pattern).expect("different");
    }
    // At most one node for each end, and one more for each fork and each of the two parameters.
    assert!(router.nodes() < 4 * router.len(), "{} nodes", router.nodes());
    for (number, path) in sample_paths(10_000).iter().enumerate() {
        assert_eq!(router.find(path).map(|found| found.route), Some(number), "{path}");
    }
}

/// The same routes and paths in the crate that web frameworks use.
#[test]
fn it_finds_what_matchit_finds() {
    let (mut ours, mut theirs) = (RadixRouter::default(), matchit::Router::new());
    let special = ["/a/{x}", "/a/b", "/a/{x}/c", "/files/{*path}", "/files/new"].map(String::from);
    for (number, route) in sample_routes(400).into_iter().chain(special).enumerate() {
        ours.insert(&route).expect("different");
        theirs.insert(route, number).expect("different");
    }
    let special =
        ["/a/b", "/a/bc", "/a/b/c", "/a/b/d", "/a", "/files/new", "/files/newer", "/files/x/y", "/"];
    let paths = sample_paths(800).into_iter().chain(special.map(String::from));
    for path in paths {
        let found = ours.find(&path).map(|found| (found.route, found.params.clone()));
        let expected = theirs.at(&path).ok().map(|at| (*at.value, at.params.iter().collect::<Vec<_>>()));
        assert_eq!(found, expected, "{path}");
    }
}

/// Few different letters, so that patterns and paths meet.
fn segment() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab\u{e8}\u{e9}]{0,2}".boxed(), 2 => Just("{}".to_owned()).boxed()]
}

fn pattern() -> impl Strategy<Value = String> {
    (prop::collection::vec(segment(), 1..4), prop::bool::weighted(0.2)).prop_map(|(segments, rest)| {
        let named = |(number, segment): (usize, &String)| {
            if segment == "{}" { format!("/{{p{number}}}") } else { format!("/{segment}") }
        };
        let text: String = segments.iter().enumerate().map(named).collect();
        if rest { text + "/{*rest}" } else { text }
    })
}

proptest! {
    #[test]
    fn all_routers_agree(
        patterns in prop::collection::vec(pattern(), 0..30),
        paths in prop::collection::vec("(/[ab\u{e8}\u{e9}]{0,2}){0,5}", 1..30),
    ) {
        let mut routers = routers();
        for pattern in &patterns {
            let results: Vec<_> = routers.iter_mut().map(|router| router.insert(pattern).is_ok()).collect();
            prop_assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{pattern}: {results:?}");
        }
        for path in &paths {
            let expected = routers[0].find(path);
            for router in &routers[1..] {
                prop_assert_eq!(&router.find(path), &expected, "{} with {}", router.name(), path);
            }
        }
    }
}
