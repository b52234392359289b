//! What evcxr promises of a session, topic by topic, in cells of our own.

mod shared;

use shared::{expect, expect_error, kernel, run, shown};

/// Runs cells in one session; each shows what stands beside it.
fn tour(cells: &[(&str, &str)]) {
    let mut kernel = kernel();
    for (code, expected) in cells {
        expect(&mut kernel, code, expected);
    }
}

#[test]
fn variables_of_every_kind() {
    tour(&[
        ("let mut count: u8 = 1;\ncount += 1;", ""),
        ("count *= 2;\nlet count = count as f32 / 8.0;\ncount", "0.5"),
        ("let Some((first, [second, .., last])) = Some((1, [2, 3, 4, 5])) else { panic!() };", ""),
        (
            "struct Pair { left: String, right: u8 }\nlet Pair { left, right: renamed } = Pair { left: \"l\".into(), right: 2 };",
            "",
        ),
        ("(first, second, last, left, renamed)", "(1, 2, 5, \"l\", 2)"),
        ("let r#type = 3; let zażółć = 'ż';", ""),
        ("(r#type, zażółć)", "(3, 'ż')"),
        ("let text: &'static str = \"s\"; let slice: &[i32] = &[1, 2]; let nothing = ();", ""),
        ("(text, slice, nothing)", "(\"s\", [1, 2], ())"),
        (
            "let grid = [[0_u8; 3]; 2]; let deep: Vec<Vec<Option<Box<str>>>> = vec![vec![Some(\"a\".into()), None]];",
            "",
        ),
        ("(grid.len(), deep)", "(2, [[Some(\"a\"), None]])"),
        ("let shared = std::rc::Rc::new(std::cell::RefCell::new(vec![1])); let other = shared.clone();", ""),
        ("other.borrow_mut().push(2); shared.borrow().len()", "2"),
        ("let (mut x, y) = (1, 2);\nx += y;", ""),
        ("let x = x + 1; { let x = 100; let _ = x; } x", "4"),
        ("let early; if x > 3 { early = \"big\"; } else { early = \"small\"; }", ""),
        ("early", "\"big\""),
        ("let a = 1; let b = a + 1; let a = b + 1;", ""),
        ("(a, b)", "(3, 2)"),
    ]);
}

#[test]
fn functions_types_traits_and_modules() {
    tour(&[
        (
            "fn largest<T: PartialOrd + Copy, const N: usize>(all: [T; N]) -> Option<T> { all.into_iter().reduce(|a, b| if a > b { a } else { b }) }",
            "",
        ),
        ("largest([1, 5, 2])", "Some(5)"),
        (
            "fn evens(n: u32) -> impl Iterator<Item = u32> { (0..n).filter(|x| x % 2 == 0) }\nevens(7).collect::<Vec<_>>()",
            "[0, 2, 4, 6]",
        ),
        (
            "#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]\npub enum Level { #[default] Low, High(u8) }\nuse Level::*;",
            "",
        ),
        ("let level = High(3); (level, Level::default(), level > Low)", "(High(3), Low, true)"),
        ("match level { High(n) if n > 2 => \"very\", High(_) => \"rather\", Low => \"not\" }", "\"very\""),
        (
            "trait Area { fn area(&self) -> f64; fn twice(&self) -> f64 { 2.0 * self.area() } }\nstruct Square(f64);\nimpl Area for Square { fn area(&self) -> f64 { self.0 * self.0 } }",
            "",
        ),
        ("let shapes: Vec<Box<dyn Area>> = vec![Box::new(Square(2.0)), Box::new(Square(3.0))];", ""),
        ("shapes.iter().map(|shape| shape.twice()).sum::<f64>()", "26.0"),
        (
            "mod outer { pub mod inner { #[derive(Debug)] pub struct Deep(pub(super) u8); }\n pub fn make() -> inner::Deep { inner::Deep(4) } }",
            "",
        ),
        ("let deep = outer::make();", ""),
        ("use outer::{inner::Deep, make as build}; (deep, build())", "(Deep(4), Deep(4))"),
        (
            "type Pairs = Vec<(u8, char)>; const START: usize = 1 + 1;\nlet pairs: Pairs = vec![(1, 'a')]; pairs.len() + START",
            "3",
        ),
        (
            "struct Wrapper<'a, T>(&'a T);\nimpl<'a, T: std::fmt::Display> Wrapper<'a, T> { fn show(&self) -> String { format!(\"<{}>\", self.0) } }\nWrapper(&5).show()",
            "\"<5>\"",
        ),
        (
            "use std::ops::Add;\n#[derive(Debug)] struct Vector(i32, i32);\nimpl Add for Vector { type Output = Self; fn add(self, o: Self) -> Self { Vector(self.0 + o.0, self.1 + o.1) } }",
            "",
        ),
        ("let sum = Vector(1, 2) + Vector(3, 4);", ""),
        ("sum", "Vector(4, 6)"),
        (
            "impl PartialEq for Vector { fn eq(&self, o: &Self) -> bool { self.0 == o.0 } }\nsum == Vector(4, 0)",
            "true",
        ),
        ("union Bits { whole: u32, parts: [u8; 4] }\nlet bits = Bits { whole: 1 };", ""),
        ("unsafe { bits.parts.iter().map(|b| *b as u32).sum::<u32>() }", "1"),
        ("fn outer_fn() -> u8 { fn nested() -> u8 { 7 } nested() }\nouter_fn()", "7"),
        ("fn outer_fn() -> u8 { helper() }\nfn helper() -> u8 { 8 }\nouter_fn()", "8"),
        ("/// Documented.\n#[must_use]\n#[inline(never)]\nfn documented() -> u8 { 9 }\ndocumented()", "9"),
        (
            "use std::collections::*;\nuse std::collections::{HashMap, hash_map::Entry};\nlet mut map: HashMap<_, u8> = HashMap::new(); if let Entry::Vacant(v) = map.entry(\"k\") { v.insert(1); }",
            "",
        ),
        ("let tree: BTreeMap<_, _> = map.into_iter().collect(); tree", "{\"k\": 1}"),
        (
            "impl<T> std::ops::Index<u8> for Table2<T> { type Output = T; fn index(&self, _: u8) -> &T { &self.0 } }\nstruct Table2<T>(T);",
            "",
        ),
        ("Table2(5)[0]", "5"),
    ]);
}

#[test]
fn expressions_statements_and_comments() {
    tour(&[
        ("// A comment alone.", ""),
        ("/* one */ 1 /* two */ + 1 // three", "2"),
        ("if true { 1 } else { 2 }", "1"),
        (
            "let found = loop { break 5 }; 'out: for i in 0.. { for j in 0..i { if i * j > 20 { break 'out; } } }\nfound",
            "5",
        ),
        ("for i in 0..3 { print!(\"{i} \"); }", "0 1 2 "),
        ("for i in 0..2 {}\nwhile false {}\nlet done = 1;\ndone", "1"),
        ("let block = { let hidden = 2; hidden * 2 }; block", "4"),
        ("unsafe { std::mem::zeroed::<u8>() }", "0"),
        ("\"multi\nline\"", "\"multi\\nline\""),
        ("println!(\"{done:>4}|{:<4}|{0:?}|{block:03}\", 'x');", "   1|x   |'x'|004\n"),
        ("r#\"raw \"quoted\"\"#.len()", "12"),
        ("b\"bytes\"[0] as char", "'b'"),
        ("(1..=3).rev().map(|n| n.to_string()).collect::<Vec<_>>().join(\"-\")", "\"3-2-1\""),
        ("let r: Result<u8, String> = Err(\"no\".into()); r", "Err(\"no\")"),
        (
            "struct Shown;\nimpl Shown { fn evcxr_display(&self) { println!(\"EVCXR_BEGIN_CONTENT text/plain\\nshown\\nEVCXR_END_CONTENT\"); } }",
            "",
        ),
        ("Shown", "shown"),
        ("std::thread::scope(|scope| { scope.spawn(|| 3).join().unwrap() })", "3"),
        ("let handle = std::thread::spawn(|| 6);", ""),
        ("handle.join().unwrap()", "6"),
        ("#[cfg(test)] fn never() {}\n#[cfg(not(test))] fn always() -> u8 { 1 }\nalways()", "1"),
        (
            "macro_rules! square { ($($x:expr),* $(,)?) => { [$($x * $x),*] }; }\nsquare![1, 2, 3]",
            "[1, 4, 9]",
        ),
        (
            "macro_rules! bind { ($name:ident = $value:expr) => { let $name = $value; } }\nbind!(bound = 4); bound",
            "4",
        ),
        ("let n: i64 = \"7\".parse()?;", ""),
        ("n", "7"),
        (
            "fn fallible(ok: bool) -> Result<u8, std::fmt::Error> { if ok { Ok(1) } else { Err(std::fmt::Error) } }\nfallible(true)?",
            "1",
        ),
        ("!echo from the shell", "from the shell\n"),
    ]);
}

#[test]
fn asynchronous_cells() {
    tour(&[
        ("async fn one() -> u8 { tokio::task::yield_now().await; 1 }", ""),
        ("let sum = one().await + one().await;\nsum", "2"),
        ("let task = tokio::spawn(async { one().await + 1 });", ""),
        ("task.await?", "2"),
        ("for i in 0..2 { print!(\"{} \", one().await + i); }", "1 2 "),
        ("let (tx, rx) = tokio::sync::oneshot::channel(); tx.send(5).ok();", ""),
        ("rx.await?", "5"),
        ("let boxed: std::pin::Pin<Box<dyn Future<Output = u8>>> = Box::pin(one());", ""),
        ("boxed.await", "1"),
        ("match one().await { 1 => \"one\", _ => \"other\" }", "\"one\""),
    ]);
}

#[test]
fn errors_leave_the_session_as_it_was() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    expect(kernel, "let mut kept = vec![1]; fn f() -> u8 { 1 } struct S { a: u8 }", "");
    expect_error(kernel, "fn f() -> u8 { \"wrong\" }", "CompileError", "mismatched types");
    expect_error(kernel, "struct S { b: Unknown }", "CompileError", "cannot find type `Unknown`");
    expect_error(kernel, "kept.push(2); let n: u8 = kept;", "CompileError", "mismatched types");
    expect_error(kernel, "let moved = kept; kept.len()", "CompileError", "borrow of moved value");
    expect_error(kernel, "fn g() { missing() }\nlet unrelated = 1;", "CompileError", "missing");
    expect_error(kernel, "unrelated", "CompileError", "cannot find value");
    expect_error(kernel, "kept.push(3); kept[7]", "Panic", "index out of bounds");
    expect_error(kernel, "fn broken( {", "CompileError", "");
    expect_error(kernel, "use nothing::here;", "CompileError", "unresolved import");
    expect_error(kernel, "Err::<(), _>(\"message\")?", "Error", "message");
    // What ran before the panic stays done.
    expect(kernel, "(kept.clone(), f(), S { a: 2 }.a)", "([1, 3], 1, 2)");
    let outputs = shown(&run(kernel, "let taken = kept; panic!(\"after the move\")"));
    assert!(outputs.contains("after the move"), "{outputs}");
    expect_error(kernel, "kept", "CompileError", "was moved in an earlier cell");
}
