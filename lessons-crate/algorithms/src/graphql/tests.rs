//! The examples of the standard, the rules one by one, and async-graphql's parser.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::fuzz::any_bytes;
use crate::rng::Rng;

const SHOP: &str = r#"
    type Query { user(id: ID!): User  users(first: Int = 10): [User!]!  strict: User!  numbers: [[Int]] }
    type Mutation { add(input: NewUser!): User }
    input NewUser { name: String!  role: Role = CUSTOMER  tags: [String!] }
    "What somebody may do."
    enum Role { CUSTOMER ADMIN }
    scalar Time
    type User { id: ID!  name: String!  role: Role  since: Time  friends(first: Int): [User!]!  orders(first: Int): [Order!]! }
    type Order { id: ID!  items(first: Int): [Item]! }
    type Item { sku: String!  price: Int! }
"#;

fn shop() -> Schema {
    parse_schema(SHOP).expect("a good schema")
}

fn doc(text: &str) -> Document {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Gives `users` and what is below them, as many as asked for; counts what a database would be asked.
#[derive(Default)]
struct Shop {
    queries: u64,
    length: u64,
    broken: BTreeMap<String, Json>,
}

impl Resolver for Shop {
    fn resolve(&mut self, calls: &[Call]) -> Vec<Result<Json, String>> {
        self.queries += 1;
        calls.iter().map(|call| self.one(call)).collect()
    }
}

impl Shop {
    fn one(&self, call: &Call) -> Result<Json, String> {
        if let Some(value) = self.broken.get(&call.field) {
            return value.as_str().map_or(Ok(value.clone()), |problem| Err(problem.to_owned()));
        }
        let length = call.arguments.get("first").and_then(Json::as_u64).unwrap_or(self.length);
        let user = |id: u64| json!({ "id": id, "name": format!("user-{id}"), "role": "ADMIN", "since": 7 });
        match call.field.as_str() {
            "user" | "strict" | "add" => Ok(user(1)),
            "users" | "friends" => Ok((0..length).map(user).collect()),
            "orders" => Ok((0..length).map(|id| json!({ "id": id })).collect()),
            "items" => Ok((0..length).map(|price| json!({ "sku": "s", "price": price })).collect()),
            "numbers" => Ok(json!([[1, null], [], null])),
            other => Err(format!("no resolver for {other}")),
        }
    }
}

fn run_with(text: &str, shop: &mut Shop, batching: Batching) -> Response {
    let (schema, document) = (self::shop(), doc(text));
    let found = validate(&document, &schema, &Limits::default());
    assert_eq!(found, [], "{text}");
    execute(&schema, &document, None, &Map::new(), shop, batching).expect("it runs")
}

fn run(text: &str) -> Json {
    run_with(text, &mut Shop { length: 2, ..Shop::default() }, Batching::Together).to_json()
}

#[test]
fn a_text_and_its_normal_form() {
    let text = r#"query Q($a: [Int!]! = [1, 2], $b: In = {x: -1.5e3, y: null}) @live {
  u: user(id: "q\"\\\n", on: true, e: RED) @include(if: $c) {
    ...F @skip(if: false)
    ... on User {
      name
    }
    ... @x {
      id
    }
  }
}
mutation {
  add
}
fragment F on User {
  id
}
"#;
    assert_eq!(doc(text).to_string(), text);
    let loose = "\u{feff}{a,b#c\n c:d(x:[],y:{},z:\"\"\"\n    one\n      two\n    \"\"\")}";
    let printed = doc(loose).to_string();
    assert_eq!(printed, "query {\n  a\n  b\n  c: d(x: [], y: {}, z: \"one\\n  two\")\n}\n");
    assert_eq!(doc(&printed).to_string(), printed);
    let escapes = r#"{ a(b: "\u00e9\u{1F600}\ud83d\ude00\/\b") }"#;
    let printed = doc(escapes).to_string();
    assert!(printed.contains("\"\u{e9}\u{1f600}\u{1f600}/\\u0008\""), "{printed}");
    assert_eq!(doc(&printed).to_string(), printed);
}

#[test]
fn what_is_no_document_is_refused_with_its_place() {
    for (text, expected) in [
        ("", "line 1, column 1: there is no operation"),
        ("{", "line 1, column 2: found the end, where a name should be"),
        ("{}", "line 1, column 2: found \"}\", where a name should be"),
        ("{ a\n  b(c) }", "line 2, column 6: found \")\", where : should be"),
        ("{ a() }", "line 1, column 5: found \")\", where a name should be"),
        ("{ a(b: $) }", "line 1, column 9: found \")\", where a name should be"),
        ("query ($a: Int = $b) { a }", "line 1, column 18: a default cannot be a variable"),
        ("fragment on on T { a }", "line 1, column 10: a fragment is not called on"),
        ("{ a(b: 01) }", "line 1, column 8: a number begins"),
        ("{ a(b: 1.) }", "line 1, column 8: digits follow the point"),
        ("{ a(b: 1x) }", "line 1, column 8: a number ends"),
        ("{ a(b: \"x) }", "line 1, column 13: a text is not closed"),
        ("{ a(b: \"\\q\") }", "line 1, column 9: a \\ is followed by"),
        ("{ a(b: \"\\ud800\") }", "line 1, column 9: a \\ is followed by"),
        ("{ a ? }", "line 1, column 5: '?' means nothing here"),
        ("type A { b: C }", "line 1, column 1: found \"type\", where query"),
    ] {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    assert!(
        parse(&"{a".repeat(10_000)).is_err() && parse(&format!("{{a(b: {}", "[".repeat(10_000))).is_err()
    );
}

#[test]
fn what_is_no_schema_is_refused() {
    let error = |text: &str| parse_schema(text).expect_err(text).problem;
    assert_eq!(error("type A { b: Int }"), "a schema needs a type Query");
    assert_eq!(error("type Query { b: C }"), "Query.b is of type C, which is nowhere");
    assert_eq!(error("type Query { a(b: Query): Int }"), "Query.b takes Query, which is no input type");
    assert_eq!(error("type Query { a: I } input I { b: Int }"), "Query.a is of an input type");
    assert_eq!(error("type Query { a: Int a: Int }"), "a is there twice");
    assert_eq!(error("type Query { a: Int } type Query { a: Int }"), "there are two types named Query");
    assert!(error("union U = A | B").contains("is not read here"));
}

#[test]
fn aliases_fragments_and_directives() {
    let answer = run("query { a: user(id: 1) { ...F id } b: user(id: \"2\") { __typename role } ...R }
        fragment F on User { name @skip(if: true) id } fragment R on Query { numbers @include(if: true) }");
    let expected = json!({ "data": {
        "a": { "id": "1" },
        "b": { "__typename": "User", "role": "ADMIN" },
        "numbers": [[1, null], [], null],
    }});
    assert_eq!(answer, expected);
    // Two selections of one key are one field.
    let merged = run("{ user(id: 1) { id } user(id: 1) { name } }");
    assert_eq!(merged["data"]["user"], json!({ "id": "1", "name": "user-1" }));
}

/// Section 6.4.4 of the standard, on three levels.
#[test]
fn null_goes_up_to_where_it_is_allowed() {
    let broken = |field: &str, value: Json, text: &str| {
        let mut shop = Shop { length: 2, broken: [(field.to_owned(), value)].into(), ..Shop::default() };
        let response = run_with(text, &mut shop, Batching::Together);
        let paths: Vec<String> = response.errors.iter().map(|error| format!("{:?}", error.path)).collect();
        (response.data, paths.len())
    };
    let items =
        |value| broken("items", value, "{ users(first: 1) { orders(first: 1) { items { price } } } }");
    // [Item]!: an item may be null, its price may not.
    let answer = items(json!([{ "price": 1 }, { "price": null }, null]));
    assert_eq!(answer, (json!({ "users": [{ "orders": [{ "items": [{ "price": 1 }, null, null] }] }] }), 1));
    // The list itself may not; nothing above may, up to the root.
    assert_eq!(items(json!("broken")), (Json::Null, 1));
    assert_eq!(items(Json::Null), (Json::Null, 1));
    // A user may be null: the error ends there, and its neighbor is whole.
    let answer =
        broken("friends", json!("broken"), "{ a: user(id: 1) { friends { id } } b: user(id: 2) { id } }");
    assert_eq!(answer, (json!({ "a": null, "b": { "id": "1" } }), 1));
    assert_eq!(broken("strict", Json::Null, "{ strict { id } user(id: 1) { id } }").0, Json::Null);
    // What does not fit its type is an error, not a wrong value.
    let answer =
        broken("user", json!({ "id": 1, "name": 7, "role": "NOBODY" }), "{ user(id: 1) { role name } }");
    assert_eq!(answer, (json!({ "user": { "role": null, "name": "7" } }), 1));
    let answer = broken("numbers", json!([[1.5, 3_000_000_000u64], 7]), "{ numbers }");
    assert_eq!(answer, (json!({ "numbers": [[null, null], null] }), 3));
}

#[test]
fn variables_and_arguments_must_fit() {
    let schema = shop();
    let run = |text: &str, variables: Json| {
        let document = doc(text);
        let variables = variables.as_object().expect("an object").clone();
        execute(
            &schema,
            &document,
            None,
            &variables,
            &mut Shop { length: 3, ..Shop::default() },
            Batching::Together,
        )
    };
    let count = |text: &str, variables: Json| {
        run(text, variables).map(|response| response.data["users"].as_array().map_or(0, Vec::len))
    };
    let users = "query($n: Int) { users(first: $n) { id } }";
    assert_eq!(count(users, json!({ "n": 4 })), Ok(4));
    assert_eq!(count(users, json!({})), Ok(10), "a variable that is not there: the default of the argument");
    assert_eq!(count(users, json!({ "n": null })), Ok(3), "null is a value: no default");
    assert_eq!(count("query($n: Int = 2) { users(first: $n) { id } }", json!({})), Ok(2));
    let error = run(users, json!({ "n": "4" })).expect_err("no number").to_string();
    assert_eq!(error, "the variable $n: \"4\" is no Int");
    let add = "mutation($u: NewUser!) { add(input: $u) { id } }";
    assert!(run(add, json!({ "u": { "name": "x", "tags": "one" } })).is_ok(), "one is a list of one");
    for (input, problem) in [
        (json!({}), "NewUser needs the field name"),
        (json!({ "name": null }), "null is no String!"),
        (json!({ "name": "x", "age": 1 }), "NewUser has no field age"),
        (json!({ "name": "x", "role": "KING" }), "\"KING\" is no Role"),
        (Json::Null, "null is no NewUser!"),
    ] {
        let error = run(add, json!({ "u": input })).expect_err("bad").to_string();
        assert_eq!(error, format!("the variable $u: {problem}"));
    }
    assert!(matches!(run("subscription { a }", json!({})), Err(RequestError::Subscription)));
    assert!(matches!(run("query A { a } query B { b }", json!({})), Err(RequestError::Operation(_))));
}

#[test]
fn fields_of_a_mutation_are_run_one_after_the_other() {
    let text = "mutation { a: add(input: { name: \"x\" }) { friends { id } } b: add(input: { name: \"y\" }) { friends { id } } }";
    let mut shop = Shop { length: 2, ..Shop::default() };
    // a, its friends, b, its friends: nothing is put together across them.
    assert_eq!(run_with(text, &mut shop, Batching::Together).resolver_calls, 4);
}

/// 1 + N + N·M queries one by one, as many as there are levels together.
#[test]
fn queries_one_by_one_and_together() {
    let text = "{ users(first: 50) { orders(first: 10) { items(first: 4) { price } } } }";
    let mut naive = Shop::default();
    let one = run_with(text, &mut naive, Batching::OneByOne);
    let mut batched = Shop::default();
    let all = run_with(text, &mut batched, Batching::Together);
    assert_eq!((naive.queries, batched.queries), (1 + 50 + 50 * 10, 3));
    assert_eq!((one.data, one.nodes), (all.data, all.nodes));
    assert_eq!(all.nodes, 1 + 50 * (1 + 1 + 10 * (1 + 1 + 4 * 2)));
}

#[test]
fn a_loader_asks_for_each_key_once() {
    let mut loader: Loader<u32, u32, &str> = Loader::default();
    let mut asked = Vec::new();
    for turn in [vec![3, 1, 3], vec![1, 4, 5], vec![], vec![3]] {
        turn.into_iter().for_each(|key| loader.want(key));
        loader.dispatch(|keys| {
            asked.push(keys.to_vec());
            // In another order, without 4, and with an error for 5.
            keys.iter()
                .rev()
                .filter(|key| **key != 4)
                .map(|key| (*key, if *key == 5 { Err("broken") } else { Ok(key * 10) }))
                .collect()
        });
    }
    assert_eq!(asked, [vec![1, 3], vec![4, 5]]);
    assert_eq!(
        [1, 3, 4, 5, 9].map(|key| loader.get(&key).cloned()),
        [Some(Ok(Some(10))), Some(Ok(Some(30))), Some(Ok(None)), Some(Err("broken")), None,]
    );
    assert_eq!(loader.stats(), LoaderStats { batches: 2, keys: 4, wanted: 7 });
    loader.forget(&1);
    loader.want(1);
    loader.dispatch(|keys| keys.iter().map(|key| (*key, Ok(0))).collect());
    assert_eq!(loader.get(&1), Some(&Ok(Some(0))));
}

#[test]
fn what_may_not_be_asked() {
    let problems = |text: &str| {
        let found = validate(&doc(text), &shop(), &Limits { depth: 4, aliases: 2, fields: 40 });
        found.into_iter().map(|violation| violation.0).collect::<Vec<_>>()
    };
    for (text, expected) in [
        ("{ user(id: 1) }", "Query.user is a User: select some of its fields"),
        ("{ user { id } }", "Query.user needs the argument id of type ID!"),
        ("{ user(id: 1, x: 2) { id } }", "Query.user has no argument x"),
        ("{ user(id: $x) { id } }", "$x is not defined"),
        ("{ ...F } fragment F on Query { user(id: $x) { id } }", "$x is not defined"),
        ("query($x: User) { user(id: $x) { id } }", "$x is of type User, which is no input type"),
        ("{ ...F }", "there is no fragment F"),
        ("{ ...F } fragment F on User { id }", "the fragment F is on User, not on Query"),
        (
            "{ user(id: 1) { id } } fragment F on Role { id }",
            "the fragment F is on Role, which has no fields",
        ),
        ("query A { strict { id } } query A { strict { id } }", "there are two operations named A"),
        ("{ strict { id } } query A { strict { id } }", "of several operations, each needs a name"),
        ("subscription { a }", "the schema has no subscription"),
        (
            "{ user(id: 1) { id } user(id: 2) { id } }",
            "user is asked for in two ways: give one of them another name",
        ),
        (
            "{ strict { a: id ...F } } fragment F on User { a: name }",
            "a is asked for in two ways: give one of them another name",
        ),
        ("{ a: strict { id } b: strict { id } c: strict { id } }", "3 aliases, and 2 are allowed"),
        ("{ strict { friends { friends { friends { id } } } } }", "5 levels of fields, and 4 are allowed"),
        (
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
            "the fragment A contains itself",
        ),
    ] {
        assert_eq!(problems(text), [expected], "{text}");
    }
    let two =
        "query A($x: ID!) { ...F } query B { strict { id } } fragment F on Query { user(id: $x) { id } }";
    assert_eq!(problems(two), Vec::<String>::new(), "only one of them uses it");
}

/// `count` fragments, each with the next one twice: 2^count fields.
fn bomb(count: usize) -> String {
    let mut text = "{ strict { ...F0 } }".to_owned();
    for at in 0..count {
        text += &format!(
            " fragment F{at} on User {{ a{at}: friends(first: 1) {{ ...F{next} }} b{at}: friends(first: 1) {{ ...F{next} }} }}",
            next = at + 1
        );
    }
    text + &format!(" fragment F{count} on User {{ id }}")
}

#[test]
fn a_bomb_is_measured_without_being_expanded() {
    let cost_of = |count| cost(&doc(&bomb(count)), &shop(), None, &CostModel::default(), &Map::new());
    // Small ones: exactly the values that running them makes.
    for count in 0..6 {
        let mut shop = Shop::default();
        let schema = self::shop();
        let response = execute(&schema, &doc(&bomb(count)), None, &Map::new(), &mut shop, Batching::Together)
            .expect("it runs");
        assert_eq!(cost_of(count), Ok(response.nodes), "{count}");
        assert_eq!(response.nodes, 1 + 5 * (1 << count) - 4, "2^count");
    }
    assert!(cost_of(40).is_ok_and(|cost| cost > 1 << 42));
    assert_eq!(cost_of(90), Ok(u64::MAX), "no overflow");
    assert_eq!(cost_of(200), Err(CostError::TooDeep));
    let found = validate(&doc(&bomb(40)), &shop(), &Limits { depth: 100, aliases: 1 << 40, fields: 1_000 });
    assert!(found.iter().any(|violation| violation.0.ends_with("fields, and 1000 are allowed")), "{found:?}");
    assert!(!validate(&doc(&bomb(5_000)), &shop(), &Limits::default()).is_empty(), "a long chain ends, too");
    // A long chain in one object, run without having been validated.
    let chain: String =
        (0..5_000).map(|at| format!(" fragment F{at} on Query {{ ...F{} }}", at + 1)).collect();
    let text = format!("{{ ...F0 }} {chain} fragment F5000 on Query {{ strict {{ id }} }}");
    let response = execute(&shop(), &doc(&text), None, &Map::new(), &mut Shop::default(), Batching::Together);
    assert_eq!(response.map(|response| response.nodes), Ok(2));
}

#[test]
fn costs_that_are_refused() {
    let cost = |text: &str, variables: Json| {
        let variables = variables.as_object().expect("an object").clone();
        cost(&doc(text), &shop(), None, &CostModel::default(), &variables)
    };
    let page = |found: &str| Err(CostError::Page { field: "users".into(), found: found.into(), max: 100 });
    assert_eq!(cost("{ users(first: 101) { id } }", json!({})), page("101"));
    assert_eq!(cost("{ users(first: -1) { id } }", json!({})), page("-1"));
    assert_eq!(
        cost("query($n: Int!) { users(first: $n) { id } }", json!({ "n": 1_000_000 })),
        page("1000000")
    );
    assert_eq!(cost("query($n: Int) { users(first: $n) { id } }", json!({})), Ok(1 + 10 * 2));
    assert_eq!(cost("{ a: strict { id } b: strict { id } }", json!({})), Ok(4), "an alias counts each time");
    assert_eq!(cost("{ ...F } fragment F on Query { ...F }", json!({})), Err(CostError::Cycle("F".into())));
    assert_eq!(cost("{ ...F }", json!({})), Err(CostError::NoFragment("F".into())));
    assert_eq!(cost("{ what }", json!({})), Err(CostError::NoField("Query".into(), "what".into())));
    let mut model = CostModel::default();
    model.extra.insert(("Query".into(), "strict".into()), 7);
    model.pages.insert(("User".into(), "friends".into()), PageSize::Fixed(3));
    let found = super::cost(
        &doc("{ strict { friends(first: 99) { id } } numbers }"),
        &shop(),
        None,
        &model,
        &Map::new(),
    );
    assert_eq!(found, Ok((7 + 1 + 1 + 3 * 2) + (1 + 10 * (1 + 10))));
}

/// A random query of the shop.
fn selection(rng: &mut Rng, ty: &str, depth: u64, text: &mut String) {
    let fields: &[(&str, &str)] = match ty {
        "Query" => &[
            ("users(first: N)", "User"),
            ("strict", "User"),
            ("numbers", ""),
            ("user(id: 1)", "User"),
            ("...Q", ""),
        ],
        "User" => &[
            ("id", ""),
            ("name", ""),
            ("friends(first: N)", "User"),
            ("orders(first: N)", "Order"),
            ("...U", ""),
        ],
        "Order" => &[("id", ""), ("items(first: N)", "Item")],
        _ => &[("sku", ""), ("price", "")],
    };
    *text += "{ __typename ";
    for at in 0..1 + rng.below(3) {
        let (field, inner) = fields[rng.index(fields.len())];
        if !inner.is_empty() && depth == 0 {
            continue;
        }
        if !field.starts_with("...") {
            *text += &format!("x{depth}y{at}{}: ", rng.below(1_000_000));
        }
        *text += &field.replace('N', &rng.below(4).to_string());
        *text += " ";
        if !inner.is_empty() {
            selection(rng, inner, depth - 1, text);
        }
    }
    *text += "} ";
}

#[test]
fn the_cost_is_never_below_what_is_made() {
    let (schema, mut rng, mut tight) = (shop(), Rng::new(21), 0);
    for _ in 0..2_000 {
        let mut text = String::new();
        selection(&mut rng, "Query", 3, &mut text);
        text += "fragment Q on Query { q: strict { id ...U } numbers } fragment U on User { u: id v: friends(first: 2) { id } }";
        let document = doc(&text);
        let variables = Map::new();
        let bound = cost(&document, &schema, None, &CostModel::default(), &variables).expect("a cost");
        let response =
            execute(&schema, &document, None, &variables, &mut Shop::default(), Batching::Together)
                .expect("it runs");
        assert!(
            response.errors.is_empty() && bound >= response.nodes,
            "{bound} < {}: {text}",
            response.nodes
        );
        tight += u32::from(bound == response.nodes);
        assert_eq!(parse(&document.to_string()).map(|again| again.to_string()), Ok(document.to_string()));
    }
    assert!(tight > 20, "{tight} of 2,000 exact");
}

#[test]
fn any_bytes_are_a_document_or_an_error() {
    let seeds: [&[u8]; 4] = [
        b"query Q($a: [Int!]! = [1, 2]) @x { u: user(id: \"q\\n\") @include(if: $c) { ...F ... on User { name } } }",
        b"{ a(b: -1.5e3, c: {d: null, e: RED}) # x\n b } fragment F on User { id }",
        b"mutation M { add(input: {name: \"\"\"\n  block\n  \"\"\", ok: true}) { id } }",
        b"subscription { a @skip(if: false) @b { c } ... @d { e } }",
    ];
    any_bytes(&seeds, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let Ok(ours) = parse(text) else { return };
        let printed = ours.to_string();
        assert_eq!(parse(&printed).map(|again| again.to_string()), Ok(printed.clone()));
        let _ = validate(&ours, &shop(), &Limits::default());
        let _ = cost(&ours, &shop(), None, &CostModel::default(), &Map::new());
        let _ = execute(
            &shop(),
            &ours,
            None,
            &Map::new(),
            &mut Shop { length: 1, ..Shop::default() },
            Batching::Together,
        );
    });
}

#[test]
fn any_bytes_as_a_schema() {
    any_bytes(&[SHOP.as_bytes()], |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            let _ = parse_schema(text);
        }
    });
}

proptest! {
    #[test]
    fn any_text_comes_back_in_quotes(text: String) {
        let document = Document {
            operations: vec![Operation {
                kind: OperationKind::Query,
                name: None,
                variables: Vec::new(),
                directives: Vec::new(),
                selections: vec![Selection::Field(Field {
                    alias: None,
                    name: "a".into(),
                    arguments: vec![("b".into(), Value::String(text))],
                    directives: Vec::new(),
                    selections: Vec::new(),
                    position: Position { line: 2, column: 3 },
                })],
            }],
            fragments: Vec::new(),
        };
        prop_assert_eq!(parse(&document.to_string()), Ok(document));
    }
}

mod crates;
