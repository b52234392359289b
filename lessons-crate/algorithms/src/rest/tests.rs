//! The published examples, other implementations, and theory.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::http::{Method, Status};

fn second(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn merge_patches_of_the_standard() {
    // RFC 7396, appendix A.
    let cases = json!([
        [{"a":"b"}, {"a":"c"}, {"a":"c"}],
        [{"a":"b"}, {"b":"c"}, {"a":"b","b":"c"}],
        [{"a":"b"}, {"a":null}, {}],
        [{"a":"b","b":"c"}, {"a":null}, {"b":"c"}],
        [{"a":["b"]}, {"a":"c"}, {"a":"c"}],
        [{"a":"c"}, {"a":["b"]}, {"a":["b"]}],
        [{"a":{"b":"c"}}, {"a":{"b":"d","c":null}}, {"a":{"b":"d"}}],
        [{"a":[{"b":"c"}]}, {"a":[1]}, {"a":[1]}],
        [["a","b"], ["c","d"], ["c","d"]],
        [{"a":"b"}, ["c"], ["c"]],
        [{"a":"foo"}, null, null],
        [{"a":"foo"}, "bar", "bar"],
        [{"e":null}, {"a":1}, {"e":null,"a":1}],
        [[1,2], {"a":"b","c":null}, {"a":"b"}],
        [{}, {"a":{"bb":{"ccc":null}}}, {"a":{"bb":{}}}],
    ]);
    for case in cases.as_array().unwrap() {
        assert_eq!(merge_patch(case[0].clone(), &case[1]), case[2], "{case}");
    }
}

#[test]
fn patches_of_the_standard() {
    // RFC 6902, appendix A.1 to A.16; no result where it must fail.
    let cases = json!([
        [{"foo":"bar"}, [{"op":"add","path":"/baz","value":"qux"}], {"baz":"qux","foo":"bar"}],
        [{"foo":["bar","baz"]}, [{"op":"add","path":"/foo/1","value":"qux"}], {"foo":["bar","qux","baz"]}],
        [{"baz":"qux","foo":"bar"}, [{"op":"remove","path":"/baz"}], {"foo":"bar"}],
        [{"foo":["bar","qux","baz"]}, [{"op":"remove","path":"/foo/1"}], {"foo":["bar","baz"]}],
        [{"baz":"qux","foo":"bar"}, [{"op":"replace","path":"/baz","value":"boo"}], {"baz":"boo","foo":"bar"}],
        [{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}},
         [{"op":"move","from":"/foo/waldo","path":"/qux/thud"}],
         {"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}],
        [{"foo":["all","grass","cows","eat"]}, [{"op":"move","from":"/foo/1","path":"/foo/3"}],
         {"foo":["all","cows","eat","grass"]}],
        [{"baz":"qux","foo":["a",2,"c"]},
         [{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}],
         {"baz":"qux","foo":["a",2,"c"]}],
        [{"baz":"qux"}, [{"op":"test","path":"/baz","value":"bar"}]],
        [{"foo":"bar"}, [{"op":"add","path":"/child","value":{"grandchild":{}}}],
         {"foo":"bar","child":{"grandchild":{}}}],
        [{"foo":"bar"}, [{"op":"add","path":"/baz","value":"qux","xyz":123}], {"foo":"bar","baz":"qux"}],
        [{"foo":"bar"}, [{"op":"add","path":"/baz/bat","value":"qux"}]],
        [{"/":9,"~1":10}, [{"op":"test","path":"/~01","value":10}], {"/":9,"~1":10}],
        [{"/":9,"~1":10}, [{"op":"test","path":"/~01","value":"10"}]],
        [{"foo":["bar"]}, [{"op":"add","path":"/foo/-","value":["abc","def"]}], {"foo":["bar",["abc","def"]]}],
    ]);
    for case in cases.as_array().unwrap() {
        assert_eq!(json_patch(&case[0], &case[1]).ok().as_ref(), case.get(2), "{case}");
    }
}

#[test]
fn patches_that_are_none() {
    let document = json!({"a": [1], "b": {"c": 1}});
    for patch in [
        json!({}),
        json!([{"op": "add", "path": "a", "value": 1}]),
        json!([{"op": "add", "path": "/x"}]),
        json!([{"op": "delete", "path": "/a"}]),
        json!([{"op": "copy", "path": "/x"}]),
        json!([{"op": "move", "from": "/b", "path": "/b/c"}]),
        json!([{"op": "test", "path": "/~2", "value": 1}]),
    ] {
        assert!(matches!(json_patch(&document, &patch), Err(PatchError::Malformed(..))), "{patch}");
    }
    for path in ["/a/01", "/a/1", "/a/-", "/a/x", "/b/d", "/a/0/0"] {
        let patch = json!([{"op": "replace", "path": path, "value": 1}]);
        assert!(matches!(json_patch(&document, &patch), Err(PatchError::NoSuchPlace(..))), "{path}");
    }
    // All or nothing, and numbers by value.
    let half = json!([{"op": "remove", "path": "/a"}, {"op": "test", "path": "/b/c", "value": 2}]);
    assert_eq!(json_patch(&document, &half), Err(PatchError::TestFailed(1, "/b/c".into())));
    assert!(json_patch(&document, &json!([{"op": "test", "path": "/b/c", "value": 1.0}])).is_ok());
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), (0..9u32).prop_map(Value::from)];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[ab/~]{1,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn operations() -> impl Strategy<Value = Value> {
    let path = prop_oneof![Just(String::new()), "(/(a|b|0|1|-|a~1|~0)){1,3}",];
    let one = (0..6usize, path.clone(), path, documents()).prop_map(|(op, path, from, value)| {
        let op = ["add", "remove", "replace", "move", "copy", "test"][op];
        json!({"op": op, "path": path, "from": from, "value": value})
    });
    proptest::collection::vec(one, 1..4).prop_map(Value::from)
}

proptest! {
    #[test]
    fn merging_twice_is_merging_once(target in documents(), patch in documents()) {
        let once = merge_patch(target.clone(), &patch);
        prop_assert_eq!(merge_patch(once.clone(), &patch), once.clone());
        let mut theirs = target;
        ::json_patch::merge(&mut theirs, &patch);
        prop_assert_eq!(theirs, once);
    }

    #[test]
    fn patches_are_those_of_the_crate(document in documents(), patch in operations()) {
        let own = json_patch(&document, &patch);
        let operations: ::json_patch::Patch = serde_json::from_value(patch.clone()).unwrap();
        let mut theirs = document;
        let result = ::json_patch::patch(&mut theirs, &operations);
        prop_assert_eq!(own.is_ok(), result.is_ok(), "{}: {:?}, {:?}", patch, own, result);
        if let Ok(own) = own {
            prop_assert_eq!(own, theirs);
        }
    }

    #[test]
    fn a_problem_comes_back(members in documents()) {
        if let Some(problem) = Problem::parse(&members.to_string()) {
            prop_assert_eq!(Problem::parse(&problem.to_json().to_string()), Some(problem));
        }
    }
}

#[test]
fn a_problem_of_the_standard() {
    // RFC 9457, section 3.
    let text = r#"{"type": "https://example.com/probs/out-of-credit", "title": "You do not have enough credit.",
        "detail": "Your current balance is 30, but that costs 50.", "instance": "/account/12345/msgs/abc",
        "balance": 30, "accounts": ["/account/12345", "/account/67890"]}"#;
    let problem = Problem::parse(text).unwrap();
    assert_eq!((problem.status, problem.extensions.len()), (None, 2));
    assert_eq!(problem.to_json(), serde_json::from_str::<Value>(text).unwrap());
    let odd = Problem::parse(r#"{"status": "403", "title": 7, "type": null}"#).unwrap();
    assert_eq!((odd.status, odd.title, odd.kind.as_str()), (None, None, "about:blank"));
    assert_eq!(Problem::parse("[]"), None);
    assert_eq!(Problem::new(409, "Conflict").with("status", 1).to_json()["status"], 409);
}

#[test]
fn a_key_belongs_to_a_caller_and_a_route() {
    let mut store = IdempotencyStore::new(second(100), second(10));
    for (caller, route) in [("ada", "POST /a"), ("bob", "POST /a"), ("ada", "POST /b")] {
        assert!(matches!(store.begin(&Scope::new(caller, route, "k"), 1, second(0)), Begin::<u8>::New(_)));
    }
    assert_eq!(store.len(), 3);
}

#[test]
fn a_crash_leaves_a_key_that_can_be_recovered() {
    let mut store = IdempotencyStore::new(second(100), second(10));
    let scope = Scope::new("ada", "POST /orders", "k");
    let Begin::New(lost) = store.begin(&scope, 1, second(0)) else { panic!() };
    assert_eq!(store.begin(&scope, 1, second(9)), Begin::InFlight);
    let Begin::Recover(ticket) = store.begin(&scope, 1, second(10)) else { panic!() };
    assert_eq!(store.begin(&scope, 1, second(11)), Begin::InFlight, "one recovers, not all");
    assert!(!store.finish(lost, "late", second(12)), "it was too slow, and is not believed");
    assert!(store.finish(ticket, "done", second(13)));
    assert_eq!(store.begin(&scope, 1, second(14)), Begin::Replay("done"));
}

#[test]
fn answers_expire_and_released_keys_are_free() {
    let mut store = IdempotencyStore::new(second(100), second(10));
    let scope = Scope::new("ada", "POST /orders", "k");
    let Begin::New(ticket) = store.begin(&scope, 1, second(0)) else { panic!() };
    assert!(store.release(ticket.clone()) && !store.release(ticket) && store.is_empty());
    let Begin::New(ticket) = store.begin(&scope, 2, second(1)) else { panic!() };
    assert!(store.finish(ticket.clone(), 7, second(5)) && !store.finish(ticket, 8, second(6)));
    assert_eq!(store.begin(&scope, 2, second(104)), Begin::Replay(7));
    store.expire(second(104));
    assert_eq!(store.len(), 1);
    assert!(
        matches!(store.begin(&scope, 3, second(105)), Begin::New(_)),
        "another request, after the retention"
    );
    store.expire(second(1_000));
    assert_eq!(store.len(), 1, "what is reserved is not forgotten");
}

#[test]
fn effects_are_those_of_theory() {
    for loss in [0.0, 0.05, 0.2, 0.5] {
        let [never, blind, keyed] = RetryClient::ALL.map(|client| Retries::run(client, 20_000, loss, 16));
        let per_call = blind.effects as f64 / 20_000.0;
        let expected = effects_per_call(loss);
        assert!((per_call / expected - 1.0).abs() < 0.02, "{loss}: {per_call} and {expected}");
        assert_eq!((keyed.effects, keyed.requests), (20_000, blind.requests));
        assert_eq!(never.effects, 20_000);
        assert!((never.unknown as f64 / 20_000.0 - loss).abs() < 0.01);
    }
}

#[test]
fn only_what_may_be_repeated_is() {
    for method in Method::ALL {
        for keyed in [false, true] {
            assert!(may_retry(method, keyed, Failure::NotSent));
            assert_eq!(may_retry(method, keyed, Failure::NoAnswer), keyed || method.is_idempotent());
            assert_eq!(
                may_retry(method, keyed, Failure::Status(Status(504))),
                keyed || method.is_idempotent()
            );
            assert!(!may_retry(method, keyed, Failure::Status(Status(412))));
        }
    }
}
