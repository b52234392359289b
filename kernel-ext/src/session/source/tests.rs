use super::*;

fn parse(text: &str) -> Source {
    Source::parse(text, &|_| None)
}

fn edited(text: &str) -> String {
    parse(text).edited(false, Vec::new()).text
}

#[test]
fn what_a_let_binds_is_known() {
    let source = parse(
        "let mut v = vec![1];\nlet (a, Some(mut b)) = f() else { panic!() };\nlet None = x else { return };",
    );
    let bound: Vec<_> =
        source.lets.iter().flat_map(|one| &one.bindings).map(|one| (&*one.name, one.mutable)).collect();
    assert_eq!(bound, [("v", true), ("a", false), ("b", true)]);
    let source = parse("let c = |x| x; let f = async { 1 }; let g = move || 1; let n: fn(u8) -> u8 = |x| x;");
    let unnamed: Vec<_> = source.lets.iter().flat_map(|one| &one.bindings).map(|one| one.unnamed).collect();
    assert_eq!(unnamed, [true, true, true, false]);
}

#[test]
fn words_and_assignments_are_counted() {
    let source = parse("s = f(\"{a} {b:?} c\"); // d\nlet x = x + 1; p.q = 2;");
    let count = |word: &str| source.words.get(word).copied().unwrap_or_default();
    assert_eq!(["s", "a", "b", "c", "d", "x"].map(count), [1, 1, 1, 0, 0, 2]);
    assert_eq!(source.assigned.iter().collect::<Vec<_>>(), ["s"]);
}

#[test]
fn a_question_mark_counts_outside_of_functions() {
    for (text, expected) in [
        ("f()?;", true),
        ("println!(\"{}\", f()?);", true),
        ("if true { f()? }", true),
        ("fn g() -> Option<u8> { f()? }", false),
        ("let c = || f()?;", false),
        ("async { f()? };", false),
        ("fn g<T: ?Sized>(t: &T) {}", false),
        ("let s = \"?\"; // ?", false),
        ("macro_rules! m { ($($a:expr)?) => {} }", false),
    ] {
        assert_eq!(parse(text).fallible, expected, "{text}");
    }
}

#[test]
fn await_becomes_a_call_within_macros_too() {
    assert_eq!(
        edited("println!(\"ä {} {}\", f().await?, g(1).await);"),
        "println!(\"ä {} {}\", lessons::cell::wait(f())?, lessons::cell::wait(g(1)));"
    );
    assert_eq!(
        edited("g();\nassert_eq!(format!(\"{}\", f().await), \"x\");"),
        "g();\nassert_eq!(format!(\"{}\", lessons::cell::wait(f())), \"x\");"
    );
    assert_eq!(
        edited("g();\nmatches!(f(1, 2).await, Ok(n) if n > 1);"),
        "g();\nmatches!(lessons::cell::wait(f(1, 2)), Ok(n) if n > 1);"
    );
    let own = "async { println!(\"{}\", f().await) };";
    assert_eq!(edited(own), own);
}

#[test]
fn await_becomes_a_call_only_outside_async() {
    assert_eq!(
        edited("f(1).await?; async { g().await }.await"),
        "lessons::cell::wait(f(1))?; (&(lessons::cell::wait(async { g().await }))).evcxr_display();"
    );
}

#[test]
fn macros_that_await_are_awaited() {
    assert_eq!(
        edited("tokio::join!(a(), b())"),
        "(&(lessons::cell::wait(async { tokio::join!(a(), b()) }))).evcxr_display();"
    );
    let own = "async fn f() { join!(a(), b()); }";
    assert_eq!(edited(own), own);
    // What could leave the macro makes the cell one future, without calls for its awaits.
    let source = parse("f().await; loop { select! { _ = a() => break } }");
    assert!(source.asynchronous);
    assert_eq!(
        source.edited(true, Vec::new()).text,
        "f().await; (&(loop { lessons::interrupt::checkpoint(); select! { _ = a() => break } })).evcxr_display();"
    );
}

#[test]
fn loops_can_be_stopped_but_not_in_constants() {
    assert_eq!(
        edited("loop {}\nfor i in 0..3 { g(i) }"),
        "loop { lessons::interrupt::checkpoint();}\n\
         (&(for i in 0..3 { lessons::interrupt::checkpoint(); g(i) })).evcxr_display();"
    );
    for text in [
        "const fn f() { while true {} }",
        "let arr = [0u8; { loop { break 7; } }];",
        "let arr: [u8; { loop { break 7; } }] = [0; 7];",
        "const N: usize = { loop { break 7; } };",
        "static N: usize = loop { break 7; };",
        "let n = const { loop { break 7; } };",
        "f::<{ loop { break 7 } }>();",
        "enum E { A = loop { break 7; } }",
        "struct S<const N: usize = { loop { break 7; } }>;",
        "trait T { const N: usize = { loop { break 7; } }; }",
        "impl S<{ loop { break 7; } }> {}",
    ] {
        assert_eq!(edited(text), text);
    }
    assert!(edited("let a = [loop { break 7; }];").contains("checkpoint"));
    assert!(edited("let a = [loop { break 7; }; 3];").contains("checkpoint"));
}

#[test]
fn commands_and_broken_code_stay_as_typed() {
    for text in [":dep rand\nlet x: u8 = 1;", "let = 3", "fn f( {", ":vars"] {
        assert_eq!(edited(text), text);
    }
    assert_eq!(parse("let = 3").mistake(), Some(("expected pattern", 3)));
    for text in ["}", "f(1))", "let x = 1; ]"] {
        let expected = text.find([')', ']', '}']).map(|_| text.len() - 1);
        assert_eq!(parse(text).mistake().map(|(_, at)| at), expected, "{text}");
    }
    assert_eq!(parse("let s = \"}\"; let c = ')'; // }").mistake(), None);
}

#[test]
fn sleeping_and_reading_go_through_the_library_when_they_are_the_standard_ones() {
    assert_eq!(
        edited("use std::thread;\nthread::sleep(d); std::io::stdin().read_line(&mut s)?;"),
        "use std::thread;\nlessons::cell::sleep(d); lessons::cell::stdin().read_line(&mut s)?;"
    );
    assert_eq!(
        edited("use std::thread::sleep as nap; nap(d);"),
        "use std::thread::sleep as nap; lessons::cell::sleep(d);"
    );
    for own in [
        "mod thread { pub fn sleep(n: u8) {} }\nthread::sleep(1);",
        "thread::sleep(1);",
        "use own::io;\nio::stdin();",
        "fn sleep(n: u8) {}\nsleep(1);",
        "println!(\"std::thread::sleep(1)\"); // std::io::stdin()",
    ] {
        assert_eq!(edited(own), own);
    }
    // As an earlier cell imported it.
    let source =
        Source::parse("thread::sleep(d);", &|name| (name == "thread").then(|| "std::thread".to_owned()));
    assert_eq!(source.edited(false, Vec::new()).text, "lessons::cell::sleep(d);");
}

#[test]
fn the_last_expression_is_shown_unless_it_defines_things() {
    assert_eq!(edited("f(); x + 1"), "f(); (&(x + 1)).evcxr_display();");
    assert_eq!(edited("vec! { 1 }"), "(&(vec! { 1 })).evcxr_display();");
    for text in ["f();", "let x: u8 = 1;", "thread_local! { static A: u8 = 1 }", "fn f() {}"] {
        assert_eq!(edited(text), text);
    }
}
