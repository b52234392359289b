//! What a session keeps from cell to cell: variables, items, statics; and what it says of what it cannot keep.

mod shared;

use std::time::{Duration, Instant};

use shared::{expect, expect_error, kernel, run, shown};

#[test]
fn a_value_without_a_name_is_used_in_its_own_cell_and_explained_in_later_ones() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    let closure = "is a closure or a future, whose type has no name, so it is for this cell only\n";
    expect(kernel, "let c = |x: i32| x + 1; c(1)", &format!("2note: `c` {closure}"));
    expect_error(kernel, "c(1)", "CompileError", "Box<dyn Fn");
    expect(kernel, "let f = async |x: u32| x + 1; f(3).await", &format!("4note: `f` {closure}"));
    let outputs = shown(&run(kernel, "let it = (0..).step_by(2).map(|x| x * x); it.take(3).sum::<i32>()"));
    assert_eq!(outputs, "20");
    let outputs = shown(&run(kernel, "let mut it = (0..9).map(|x| x * x); it.nth(2)"));
    assert!(outputs.starts_with("Some(4)note: `it` has the type `"), "{outputs}");
    expect_error(kernel, "it.next()", "CompileError", ".collect::<Vec<_>>()");
    let borrows =
        "borrows from something that a later cell could not keep alive, so it is for this cell only\n";
    let outputs = shown(&run(kernel, "let text = String::from(\"ab\"); let s = text.as_str(); s.len()"));
    assert_eq!(outputs, format!("2note: `s` {borrows}"));
    expect(kernel, "text", "\"ab\"");
    expect_error(kernel, "s", "CompileError", ".to_owned()");
    let guard =
        "let shared = std::sync::Mutex::new(1); let mut guard = shared.lock().unwrap(); *guard += 1; *guard";
    expect(kernel, guard, &format!("2note: `guard` {borrows}"));
    expect(kernel, "*shared.lock().unwrap()", "2");
    expect(kernel, "let v = vec![1, 2]; let first = &v[0]; *first", &format!("1note: `first` {borrows}"));
    expect(kernel, "let again = &v; again.len()", &format!("2note: `again` {borrows}"));
    expect(kernel, "let held = async { 1 }; held.await", "1");
    // A closure that can be named is kept.
    expect(kernel, "let named: fn(i32) -> i32 = |x| x + 1;", "");
    expect(kernel, "named(1)", "2");
}

#[test]
fn a_variable_that_is_gone_says_why_and_may_be_assigned_anew() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    expect(kernel, "let mut s = String::from(\"hello\"); let fixed = vec![1];", "");
    expect(kernel, "let t = s;\nlet u = fixed;", "");
    expect_error(kernel, "s.len()", "CompileError", "by `let t = s;`");
    expect_error(kernel, "fixed.len()", "CompileError", "fixed.clone()");
    expect(kernel, "s = String::from(\"world\"); s.len()", "5");
    expect(kernel, "s.push('!'); s", "\"world!\"");
    // Declared, and never given a value.
    expect(kernel, "let un: (); 5", "5");
    expect_error(kernel, "un", "CompileError", "has no value");
    expect(kernel, "let late: u8; late = 3; late", "3");
    expect(kernel, "late", "3");
    // Bound before a panic, or before a `?` that returned.
    expect_error(kernel, "let kept = 1; panic!(\"p\")", "Panic", "p");
    expect_error(kernel, "kept", "CompileError", "stopped before its end");
    expect_error(kernel, "let other = 1; \"x\".parse::<u8>()?;", "Error", "invalid digit");
    expect_error(kernel, "other", "CompileError", "stopped before its end");
    // What was there before stays.
    expect_error(kernel, "let late = late + 1; panic!(\"p\")", "Panic", "p");
    expect(kernel, "late", "3");
    expect(kernel, ":type late", "late: u8");
    expect_error(kernel, ":type s2", "Error", "there is no variable `s2`");
}

#[test]
fn a_static_is_one_for_the_session() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    expect(
        kernel,
        "use std::sync::atomic::{AtomicU32, Ordering::SeqCst};\nstatic N: AtomicU32 = AtomicU32::new(0);",
        "",
    );
    expect(kernel, "N.fetch_add(7, SeqCst); N.load(SeqCst)", "7");
    expect(kernel, "N.fetch_add(7, SeqCst); N.load(SeqCst)", "14");
    expect(
        kernel,
        "fn next() -> u32 { static C: AtomicU32 = AtomicU32::new(0); C.fetch_add(1, SeqCst) }\nnext()",
        "0",
    );
    expect(kernel, "next()", "1");
    expect(kernel, "let first = next(); (first, next(), N.load(SeqCst))", "(2, 3, 14)");
    expect(
        kernel,
        "static LOG: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(Vec::new());\nLOG.lock()?.push(1);",
        "",
    );
    expect(kernel, "LOG.lock()?.push(2); LOG.lock()?.clone()", "[1, 2]");
    expect(kernel, "mod m { pub static mut RAW: u32 = 5; }\nunsafe { m::RAW += 1; }", "");
    expect(kernel, "unsafe { m::RAW += 1; let raw = m::RAW; raw }", "7");
    let local = "thread_local! { static T: std::cell::Cell<u8> = const { std::cell::Cell::new(1) }; }\nT.with(|n| n.set(n.get() + 1));";
    expect(kernel, local, "");
    expect(kernel, "T.with(|n| { n.set(n.get() + 1); n.get() })", "3");
    // One that is defined anew begins anew, and so do all when their process ends.
    expect(
        kernel,
        "static N: AtomicU32 = AtomicU32::new(100);\nN.fetch_add(1, SeqCst); N.load(SeqCst)",
        "101",
    );
    expect(kernel, "N.load(SeqCst)", "101");
    expect_error(kernel, "std::process::exit(3)", "ProcessEnded", "(3)");
    expect(kernel, "N.fetch_add(1, SeqCst); N.load(SeqCst)", "101");
    expect(kernel, "N.fetch_add(1, SeqCst); (N.load(SeqCst), next())", "(102, 0)");
    // What can be read at compile time still can.
    expect(kernel, "static LIMIT: usize = 3; const SIZE: usize = LIMIT + 1;", "");
    expect(kernel, "[0_u8; SIZE].len()", "4");
}

#[test]
fn macros_that_await_work_at_the_top_level() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    expect(kernel, "tokio::join!(async { 1 }, async { 2 })", "(1, 2)");
    expect(kernel, "let (a, b) = tokio::join!(async { 1 }, async { 2 }); a + b", "3");
    expect(kernel, "(a, b)", "(1, 2)");
    let select =
        "let picked = tokio::select! { x = async { 5 } => x, _ = std::future::pending::<()>() => 0 }; picked";
    expect(kernel, select, "5");
    let channel = "let (tx, mut rx) = tokio::sync::mpsc::channel(4); tx.send(1).await?; tx.send(2).await?; drop(tx);\n\
                   let mut sum = 0;\n\
                   loop { tokio::select! { got = rx.recv() => match got { Some(n) => sum += n, None => break } } }\n\
                   sum";
    expect(kernel, channel, "3");
    expect(kernel, "sum + picked", "8");
    expect(kernel, "macro_rules! both { ($a:expr, $b:expr) => { ($a.await, $b.await) } }", "");
    expect(kernel, "both!(async { 1 }, async { 2 })", "(1, 2)");
    let fails = "tokio::try_join!(async { \"1\".parse::<u8>() }, async { \"x\".parse::<u8>() })?";
    expect_error(kernel, fails, "Error", "invalid digit");
}

#[test]
fn commands_are_completed_and_say_what_they_do() {
    let mut kernel = kernel();
    let mut complete = |code: &str| -> Vec<String> {
        let content = serde_json::json!({ "code": code, "cursor_pos": code.chars().count() });
        let reply = kernel.ask("complete_request", content).expect("the kernel lives");
        serde_json::from_value(reply["matches"].clone()).expect("texts")
    };
    assert_eq!(complete(":de"), [":dep"]);
    assert_eq!(complete("let x = 1;\n:ty"), [":type"]);
    let internal = complete("let _ = e");
    assert!(!internal.is_empty() && internal.iter().all(|name| !name.contains("evcxr")), "{internal:?}");
    expect_error(&mut kernel, ":types", "Error", ":type NAME");
    expect_error(&mut kernel, "}", "CompileError", "unexpected closing bracket");
    expect(&mut kernel, "let v = vec![1];", "");
    expect(&mut kernel, ":vars", "v: std::vec::Vec<i32>\n");
    expect(&mut kernel, ":clear\n1", "1");
    expect(&mut kernel, ":vars", "");
    expect_error(&mut kernel, "v", "CompileError", "cannot find value `v`");
}

#[test]
fn constants_are_left_to_the_compiler() {
    let mut kernel = kernel();
    expect(
        &mut kernel,
        "let arr = [0u8; { let mut i = 0; loop { i += 1; if i == 7 { break i; } } }]; arr.len()",
        "7",
    );
    let other = "const fn f(n: u32) -> u32 { let mut i = 0; while i < n { i += 1; } i }\n\
                 enum E { A = { let mut i = 0; loop { i += 1; if i == 3 { break i; } } } }\n\
                 (const { let mut i = 0; while i < 4 { i += 1; } i }, f(5), E::A as u8)";
    expect(&mut kernel, other, "(4, 5, 3)");
}

#[test]
fn items_that_macros_make_are_kept() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    expect(kernel, "macro_rules! mk { ($n:ident, $v:expr) => { fn $n() -> u8 { $v } }; }", "");
    expect(kernel, "mk!(made, 3);", "");
    expect(kernel, "made()", "3");
    expect(kernel, "fn user() -> u8 { made() + 1 }\nmk!(more, user());\nmore()", "4");
    expect(kernel, "more() + made()", "7");
    expect(
        kernel,
        "macro_rules! shape { ($n:ident) => { #[derive(Debug)] struct $n(u8); impl $n { fn get(&self) -> u8 { self.0 } } } }\nshape!(Round)",
        "",
    );
    expect(kernel, "Round(4).get()", "4");
    expect(kernel, "shape!(Round)", "");
    expect(kernel, "Round(5)", "Round(5)");
}

#[test]
fn an_impl_entered_again_replaces_the_former_one() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    expect(
        kernel,
        "struct Cat;\nimpl Cat { fn name(&self) -> u8 { 1 } }\ntrait Speak { fn speak(&self) -> u8; }",
        "",
    );
    expect(
        kernel,
        "impl Speak for Cat { fn speak(&self) -> u8 { 1 } }\nimpl Speak for i32 { fn speak(&self) -> u8 { 9 } }",
        "",
    );
    expect(kernel, "impl Cat { fn other(&self) -> u8 { 5 } }", "");
    expect(kernel, "(Cat.name(), Cat.speak(), Cat.other(), 3.speak())", "(1, 1, 5, 9)");
    expect(
        kernel,
        "impl Cat { fn name(&self) -> u8 { 2 } }\nimpl Speak for Cat { fn speak(&self) -> u8 { 2 } }",
        "",
    );
    expect(kernel, "impl Speak for i32 { fn speak(&self) -> u8 { 8 } }\n3.speak()", "8");
    expect(kernel, "(Cat.name(), Cat.speak(), Cat.other(), 3.speak())", "(2, 2, 5, 8)");
    // Those that stood below their type go with it, as they were entered with it.
    expect(kernel, "struct Dog(u8);\nimpl Dog { fn new() -> Self { Dog(1) } }", "");
    expect(kernel, "struct Dog { age: u8 }", "");
    expect(kernel, "impl Dog { fn new() -> Self { Dog { age: 2 } } }\nDog::new().age", "2");
}

#[test]
fn what_is_made_of_a_type_defined_anew_goes_with_it() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    expect(kernel, "struct Size { width: u32, height: u32 }\nstruct Window { size: Size }", "");
    expect(kernel, "let win = Window { size: Size { width: 800, height: 600 } }; let n = 1;", "");
    let gone = "`win` is gone: it was made of `Size`, which is defined anew\n";
    expect(kernel, "struct Size { height: u32, width: u32 }", gone);
    expect_error(kernel, "win.size.width", "CompileError", "went when `Size`");
    expect(kernel, "n", "1");
    expect(kernel, "trait Tr { fn a(&self) -> u8; }\nimpl Tr for u8 { fn a(&self) -> u8 { *self } }", "");
    expect(kernel, "let boxed: Box<dyn Tr> = Box::new(3_u8); boxed.a()", "3");
    let outputs = shown(&run(kernel, "trait Tr { fn b(&self) -> u8 { 0 } fn a(&self) -> u8; }"));
    assert_eq!(outputs, "`boxed` is gone: it was made of `Tr`, which is defined anew\n");
    // The same text changes nothing.
    expect(kernel, "struct Size { height: u32, width: u32 }\nlet size = Size { height: 1, width: 2 };", "");
    expect(
        kernel,
        "#[derive(Debug)] struct Size {\n  height: u32, // above\n  width: u32 }\nsize",
        "Size { height: 1, width: 2 }",
    );
    // Its value is dropped at once.
    expect(
        kernel,
        "use std::sync::Arc;\nstruct Holder(Arc<()>);\nlet counted = Arc::new(()); let holder = Holder(counted.clone());",
        "",
    );
    let gone = "1`holder` is gone: it was made of `Holder`, which is defined anew\n";
    expect(kernel, "struct Holder(Arc<()>, u8);\nArc::strong_count(&counted)", gone);
}

#[test]
fn replacements_never_reach_the_readers_own_text() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    for (code, expected) in [
        // Names that the kernel gives to what it adds.
        ("let sd35_done = 5; let sd35_store = 6; sd35_done + sd35_store", "11"),
        ("fn sd35_cells() -> u8 { 1 }\nsd35_cells()", "1"),
        (
            "println!(\"sd35_store.put::<_>(a, b); ::lessons::cell::caught(|| {{\");",
            "sd35_store.put::<_>(a, b); ::lessons::cell::caught(|| {\n",
        ),
        // What is edited in code, in a string, a comment, and for another thing of the same name.
        (
            "println!(\"f().await; loop {{}} thread::sleep(1); std::io::stdin()\");",
            "f().await; loop {} thread::sleep(1); std::io::stdin()\n",
        ),
        ("mod thread { pub fn sleep(n: u8) -> u8 { n } }\nthread::sleep(4)", "4"),
        ("mod io { pub fn stdin() -> u8 { 5 } }\nio::stdin()", "5"),
        ("\"(x).evcxr_display();\"", "\"(x).evcxr_display();\""),
        ("\"\\\"code\\\":\\\"E0277\\\"\"", "\"\\\"code\\\":\\\"E0277\\\"\""),
        ("\"{/*sd35x>*/ };/*sd35x>*/\" // };/*sd35x>*/", "\"{/*sd35x>*/ };/*sd35x>*/\""),
        ("#[derive(Debug)] struct Sd35T1;\nlet k: Sd35T1 = Sd35T1; k", "Sd35T1"),
    ] {
        expect(kernel, code, expected);
    }
    expect(kernel, "k", "Sd35T1");
}

#[test]
fn a_session_does_not_get_slower_as_it_grows() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    let mut cell = |i: usize| {
        let code =
            format!("fn f{i}(x: u64) -> u64 {{ x + {i} }}\nlet v{i} = vec![{i}_u64, 2]; f{i}(v{i}[0])");
        let begun = Instant::now();
        assert_eq!(shown(&run(kernel, &code)), (2 * i).to_string());
        begun.elapsed()
    };
    let fastest = |times: &mut dyn Iterator<Item = Duration>| times.min().expect("some");
    fastest(&mut (0..3).map(&mut cell));
    let early = fastest(&mut (3..13).map(&mut cell));
    (13..90).map(&mut cell).for_each(drop);
    let late = fastest(&mut (90..100).map(&mut cell));
    // The cost grew with the square of the variables: it was ten times as much.
    assert!(late < 2 * early, "{early:?} after 10 cells, {late:?} after 100");
}
