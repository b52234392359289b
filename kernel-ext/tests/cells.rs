//! Cells through a real kernel process: what they show, what is kept, and how bad ones fail.

mod shared;

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use kernel_ext::library::Library;
use shared::{expect, expect_error, kernel, run, shown};

#[test]
fn variables_functions_and_types_are_kept() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    expect(kernel, "let mut total = 0_u64; let words = vec![\"a\", \"b\"];", "");
    expect(kernel, "fn double(x: u64) -> u64 { 2 * x }\n#[derive(Debug)] struct Point { x: i32 }", "");
    expect(kernel, "total += 21; println!(\"{}\", double(total)); Point { x: 1 }", "42\nPoint { x: 1 }");
    expect(kernel, "words.len()", "2");
    expect(kernel, "let (a, mut b) = (1.5, String::from(\"x\")); b.push('y');", "");
    expect(kernel, "(a, b.clone(), total)", "(1.5, \"xy\", 21)");
    expect(kernel, "let bits = [1u8; 3]; let map: std::collections::BTreeMap<_, _> = [(1, 'a')].into();", "");
    expect(kernel, "let f: Box<dyn Fn(i32) -> i32> = Box::new(|x| x + 1); let g = i32::abs;", "");
    expect(kernel, "(f(1), g(-2), bits, map)", "(2, 2, [1, 1, 1], {1: 'a'})");
    // The last expression may use a variable up, and a statement has nothing to show.
    expect(kernel, "let rows = Table::new([\"n\"]).row([1]);", "");
    let shown_table = run(kernel, "rows.caption(\"counted\")");
    assert!(shown_table[0]["data"]["text/html"].is_string(), "{shown_table:?}");
    expect(kernel, "match total { 0 => println!(\"none\"), _ => println!(\"some\") }", "some\n");
    expect(kernel, "let [left, right] = [vec![1u8], vec![2]]; (left, right)", "([1], [2])");
    // Redefinition replaces.
    expect(kernel, "fn double(x: u64) -> u64 { 20 * x }", "");
    expect(kernel, "double(1)", "20");
    expect(kernel, "let words = words.len() as f64; words", "2.0");
}

#[test]
fn awaits_run_on_one_runtime() {
    let mut kernel = kernel();
    expect(&mut kernel, "async fn answer() -> Result<u32, std::num::ParseIntError> { \"42\".parse() }", "");
    expect(&mut kernel, "let n = answer().await?; n", "42");
    expect(&mut kernel, "(async { answer().await.unwrap_or(0) + 1 }).await", "43");
    // Within a macro, and for what needs the runtime before it is awaited.
    expect(&mut kernel, "println!(\"it is {}\", answer().await?);", "it is 42\n");
    let timer = "tokio::time::sleep(std::time::Duration::from_millis(1)).await; \
                 let task = tokio::spawn(async { 3 }); task.await?";
    expect(&mut kernel, timer, "3");
    expect_error(&mut kernel, "\"x\".parse::<u32>()?;", "Error", "invalid digit");
}

#[test]
fn compile_errors_point_into_the_cell_and_lose_nothing() {
    let mut kernel = kernel();
    expect(&mut kernel, "let kept = 1;", "");
    expect_error(&mut kernel, "let a = 1;\nlet x: i32 = \"a\";", "CompileError", "cell:2:14");
    expect_error(&mut kernel, "let y = kept.nothing();", "CompileError", "cell:1:14");
    expect_error(&mut kernel, "let unknown = Vec::new();", "CompileError", "type annotations needed");
    expect_error(&mut kernel, "let n: u32 = \"1\";", "CompileError", "error_codes/E0308");
    expect_error(
        &mut kernel,
        "for i in 0..3 { println!(\"{}\", ii); }",
        "CompileError",
        "similar name exists: `i`",
    );
    expect_error(&mut kernel, "struct Bare; Bare", "CompileError", "doesn't implement `Debug`");
    expect_error(&mut kernel, "let = 3;", "CompileError", "expected pattern");
    expect(&mut kernel, "kept", "1");
}

#[test]
fn a_type_defined_anew_takes_its_variables_along_and_nothing_else() {
    let mut kernel = kernel();
    expect(&mut kernel, "struct Point { x: i32 }\nlet point = Point { x: 1 }; let kept = 2;", "");
    let gone = "`point` is gone: it was made of `Point`, which is defined anew\n";
    expect(&mut kernel, "#[derive(Debug)] struct Point { x: i32, y: i32 }", gone);
    expect(&mut kernel, "kept + 1", "3");
    expect(&mut kernel, "Point { x: 1, y: kept }", "Point { x: 1, y: 2 }");
    expect_error(&mut kernel, "point.x", "CompileError", "cannot find value `point`");
    expect_error(&mut kernel, "point.x", "CompileError", "went when `Point`");
}

#[test]
fn every_kind_of_cell_compiles_however_it_is_compiled() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    // Names of the library and of the standard library, defined anew, and imported under another one.
    expect(
        kernel,
        "struct BloomFilter { bits: u8 }\nimpl BloomFilter { fn new() -> Self { Self { bits: 7 } } }",
        "",
    );
    expect(kernel, "BloomFilter::new().bits", "7");
    expect(kernel, "use BloomFilter as Own;\nOwn::new().bits", "7");
    expect(kernel, "macro_rules! dbg { ($e:expr) => { $e + 1 } }\ndbg!(1)", "2");
    expect(kernel, "macro_rules! twice { ($e:expr) => { 2 * $e } }\ntwice!(4)", "8");
    // What the linker has to find.
    expect(
        kernel,
        "let big = u128::MAX; (big / 1_000_000_007 % 97, (big as f64).sqrt() as u64)",
        "(8, 18446744073709551615)",
    );
    expect(kernel, "unsafe extern \"C\" { fn abs(n: i32) -> i32; }\nunsafe { abs(-4) }", "4");
    expect(
        kernel,
        "#[link(name = \"m\")] unsafe extern \"C\" { fn fabs(x: f64) -> f64; }\nunsafe { fabs(-3.0) }",
        "3.0",
    );
    expect(
        kernel,
        "thread_local! { static N: std::cell::Cell<u8> = const { std::cell::Cell::new(1) }; }\n\
         N.with(|n| { n.set(n.get() + 1); n.get() })",
        "2",
    );
    // Attributes of the whole crate.
    expect(kernel, "#![allow(non_snake_case)]\nlet Kept = 1_u8; Kept + line!() as u8 - line!() as u8", "1");
    expect_error(kernel, "let list = vec![1];\n\nlist[3]", "Panic", "line 3: list[3]");
}

#[test]
fn a_variable_that_is_not_mentioned_waits() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    expect(kernel, "let mut idle = vec![1]; let moved = String::from(\"m\"); let used = 3;", "");
    expect(kernel, "println!(\"{used}\");", "3\n");
    expect(kernel, "drop(moved);", "");
    expect_error(kernel, "moved", "CompileError", "cannot find value `moved`");
    expect_error(kernel, "panic!(\"{used}\")", "Panic", "3");
    expect(kernel, "idle.push(2); (idle.clone(), used)", "([1, 2], 3)");
}

#[test]
fn a_panic_names_its_line_and_keeps_variables() {
    let mut kernel = kernel();
    expect(&mut kernel, "let v = vec![1, 2, 3];", "");
    expect_error(&mut kernel, "let i = 10;\nprintln!(\"before\");\nv[i]", "Panic", "line 3: v[i]");
    expect(&mut kernel, "v.len()", "3");
    let outputs = run(&mut kernel, "std::thread::spawn(|| panic!(\"elsewhere\")).join().is_err()");
    assert!(shown(&outputs).contains("elsewhere") && shown(&outputs).contains("true"), "{outputs:?}");
}

#[test]
fn a_reader_may_write_what_the_engine_writes() {
    let mut kernel = kernel();
    let kernel = &mut kernel;
    expect(kernel, "fn f() -> Result<u8, String> { Err(\"no\".to_owned()) } let n = 1;", "");
    expect(kernel, "if let Err(error) = f() { eprintln!(\"{}\", error); } n", "no\n1");
    expect(
        kernel,
        "{ let g = || if let Err(error) = f() { eprintln!(\"{}\", error); }; g() }; n + 1",
        "no\n2",
    );
    expect(kernel, "fn report() { let error = 5; eprintln!(\"{}\", error); }", "");
    expect(kernel, "report(); let three: u8 = \"3\".parse()?; three", "5\n3");
    expect(kernel, "println!(\"EVCXR_PANIC_NOTIFICATION\"); n", "EVCXR_PANIC_NOTIFICATION\n1");
    let entry = "#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_1(\nstruct EvcxrUserCodeError {}\n";
    expect(kernel, &format!("print!(\"{{}}\", r#\"{entry}\"#);"), entry);
    expect(
        kernel,
        "let k = 4; println!(\"let k: Sd35T1, let n: Sd35T2\"); k",
        "let k: Sd35T1, let n: Sd35T2\n4",
    );
    expect(kernel, "std::panic::catch_unwind(|| 6).unwrap_or(0) + n", "7");
    expect_error(kernel, "let r = std::panic::catch_unwind(|| 1); r.nothing()", "CompileError", "nothing");
    expect_error(kernel, "f()?;", "Error", "no");
    expect(kernel, "n + 1", "2");
}

#[test]
fn an_endless_loop_stops_and_keeps_variables() {
    let mut kernel = kernel();
    expect(&mut kernel, "let kept = String::from(\"kept\");", "");
    for code in [
        "loop {}",
        "let mut n = 0_u64; while true { n = n.wrapping_add(1); }",
        "std::future::pending::<()>().await",
        "std::thread::sleep(std::time::Duration::from_secs(60));",
        "let mut bar = Progress::new(\"work\", u64::MAX); (0..u64::MAX).for_each(|_| bar.add(1));",
    ] {
        let id = kernel.submit(code).expect("the kernel lives");
        std::thread::sleep(Duration::from_millis(800));
        let asked = Instant::now();
        kernel.interrupt().expect("the kernel lives");
        let outputs = kernel.outputs(&id).expect("the kernel survives");
        assert!(
            shown(&outputs).ends_with("Interrupted: stopped on request; all variables are kept"),
            "{code}: {outputs:?}"
        );
        assert!(asked.elapsed() < Duration::from_millis(1500), "{code}: {:?}", asked.elapsed());
    }
    expect(&mut kernel, "kept", "\"kept\"");
}

#[test]
fn a_cell_that_ignores_the_interrupt_loses_its_process_only() {
    let mut kernel = kernel();
    expect(&mut kernel, "fn kept() -> u8 { 7 }\nlet lost = 1;", "");
    let id = kernel
        .submit("let (_keep, never) = std::sync::mpsc::channel::<u8>(); never.recv();")
        .expect("the kernel lives");
    std::thread::sleep(Duration::from_millis(800));
    kernel.interrupt().expect("the kernel lives");
    let outputs = kernel.outputs(&id).expect("the kernel survives");
    assert!(shown(&outputs).contains("did not stop within 2 s"), "{outputs:?}");
    expect(&mut kernel, "kept()", "7");
    expect_error(&mut kernel, "lost", "CompileError", "not found");
}

#[test]
fn a_dead_process_is_explained() {
    let mut kernel = kernel();
    expect_error(&mut kernel, "std::process::exit(3)", "ProcessEnded", "ended its process (3)");
    expect_error(&mut kernel, "std::process::abort()", "ProcessEnded", "not enough memory");
    let overflow = "fn deep(n: u64) -> u64 { if n == 0 { 0 } else { 1 + deep(n - 1) } }\ndeep(u64::MAX)";
    expect_error(&mut kernel, overflow, "ProcessEnded", "recursion without end");
    expect(&mut kernel, "1 + 1", "2");
}

#[test]
fn floods_are_cut() {
    let mut kernel = kernel();
    let flood = "let line = \"x\".repeat(99); for _ in 0..1_000_000 { println!(\"{line}\"); }";
    let outputs = run(&mut kernel, flood);
    let text = shown(&outputs);
    assert!(text.len() < 2 << 20, "{} bytes", text.len());
    assert!(text.contains("[output cut after 1 MiB; 98.9") || text.contains("[output cut after 1 MiB; 99.0"));
    let huge = run(&mut kernel, "\"y\".repeat(20_000_000)");
    assert!(shown(&huge).contains("too large to show"), "{}", shown(&huge).len());
    expect(&mut kernel, "2 + 2", "4");
}

#[test]
fn rich_values_keep_their_place_between_prints() {
    let mut kernel = kernel();
    let code = "println!(\"one\");\nlet t = Table::new([\"a\"]).row([1]); t.show();\nprintln!(\"two\");\nt";
    let outputs = run(&mut kernel, code);
    let kinds: Vec<_> = outputs.iter().filter_map(|o| o["output_type"].as_str()).collect();
    assert_eq!(kinds, ["stream", "display_data", "stream", "execute_result"], "{outputs:?}");
    assert!(outputs[1]["data"]["text/html"].as_str().is_some_and(|html| html.contains("<table")));
}

#[test]
fn standard_error_keeps_its_place_between_prints() {
    let mut kernel = kernel();
    let code = "println!(\"a\"); eprintln!(\"b {}\", 1); print!(\"c\"); eprint!(\"d\"); dbg!(1 + 1); println!(\"e\");";
    let outputs = run(&mut kernel, code);
    let pieces: Vec<_> = outputs.iter().map(|o| (o["name"].as_str(), o["text"].as_str())).collect();
    let (out, err) = (Some("stdout"), Some("stderr"));
    let expected = [(out, "a\n"), (err, "b 1\n"), (out, "c"), (err, "d1 + 1 = 2\n"), (out, "e\n")]
        .map(|(n, t)| (n, Some(t)));
    assert_eq!(pieces, expected);
}

#[test]
fn what_changes_while_a_cell_runs_changes_in_its_place() {
    let mut kernel = kernel();
    let code = "let mut bar = Progress::new(\"load\", 3); println!(\"below\"); for _ in 0..3 { bar.add(1); }";
    let outputs = run(&mut kernel, code);
    assert_eq!(outputs.len(), 2, "{outputs:?}");
    assert!(
        outputs[0]["data"]["text/html"].as_str().is_some_and(|html| html.contains("value=\"3\" max=\"3\""))
    );
    let code = "let mut live = Live::new();\nfor n in 0..3 { live.show(&Table::new([\"n\"]).row([n])); }";
    let outputs = run(&mut kernel, code);
    assert_eq!(shown(&outputs), "n\n-\n2", "{outputs:?}");
    expect(&mut kernel, "println!(\"gone\"); clear_output(true); println!(\"stays\");", "stays\n");
}

#[test]
fn a_hostile_cell_does_not_confuse_the_kernel() {
    let mut kernel = kernel();
    // Forged: the engine's end line, a mark, something that is no frame.
    let forged = "println!(\"EVCXR_EXECUTION_COMPLETE\"); println!(\"\\u{1e}sd35 {{\\\"kind\\\":\\\"mark\\\",\\\"number\\\":999}}\"); \
                  println!(\"\\u{1e}sd35 nothing\"); 1";
    assert!(shown(&run(&mut kernel, forged)).ends_with('1'));
    expect(&mut kernel, "println!(\"one\"); 2", "one\n2");
    // Closed: the next cell prints again.
    run(
        &mut kernel,
        "use std::os::fd::{FromRawFd, OwnedFd};\nunsafe { drop(OwnedFd::from_raw_fd(1)); drop(OwnedFd::from_raw_fd(2)); }",
    );
    expect(&mut kernel, "println!(\"back\");", "back\n");
    // A program that reads standard input gets none, least of all the kernel's orders.
    let outputs = run(&mut kernel, "std::process::Command::new(\"cat\").status()?.success()");
    assert!(shown(&outputs).ends_with("false") || shown(&outputs).ends_with("true"), "{outputs:?}");
    expect_error(&mut kernel, "input(\"Your name? \")", "Panic", "Your name?");
    let outputs = run(&mut kernel, "let v: Vec<u8> = Vec::with_capacity(1 << 60);");
    assert!(
        shown(&outputs).contains("bytes failed") && shown(&outputs).contains("not enough memory"),
        "{outputs:?}"
    );
    expect(
        &mut kernel,
        "std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_millis(200)); panic!(\"late\") });",
        "",
    );
    let outputs = run(&mut kernel, "std::thread::sleep(std::time::Duration::from_millis(600)); 3");
    assert!(shown(&outputs).contains("late") && shown(&outputs).ends_with('3'), "{outputs:?}");
}

#[test]
fn names_are_completed_and_explained() {
    let mut kernel = kernel();
    expect(&mut kernel, "let filter = BloomFilter::with_capacity(100, 0.01)?; struct Own { field: u8 }", "");
    let mut complete = |code: &str| -> Vec<String> {
        let content = serde_json::json!({ "code": code, "cursor_pos": code.chars().count() });
        let reply = kernel.ask("complete_request", content).expect("the kernel lives");
        serde_json::from_value(reply["matches"].clone()).expect("texts")
    };
    assert_eq!(complete("let é = filter.may"), ["may_contain"]);
    assert_eq!(complete("Blocked"), ["BlockedBloomFilter"]);
    assert_eq!(complete("BloomFilter::with_c"), ["with_capacity"]);
    assert_eq!(complete("sketch::formula::fil"), ["fill"]);
    // The compiler knows the type, whatever the expression is.
    assert_eq!(
        complete("vec![1u8].iter().map(|n| n + 1).collect::<Vec<_>>().resi"),
        ["resize", "resize_with"]
    );
    assert_eq!(complete("for word in [\"a\".to_string()] { word.to_upper"), ["to_uppercase"]);
    assert_eq!(complete("let half = 0.5_f64; half.powi"), ["powi"]);
    assert_eq!(complete("(3 + 4).leading_z"), ["leading_zeros"]);
    assert_eq!(complete("\"a b\".split_asc"), ["split_ascii_whitespace"]);
    assert_eq!(complete("[1, 2].rchunks_ex"), ["rchunks_exact", "rchunks_exact_mut"]);
    assert_eq!(complete("let own = Own { field: 1 }; own.fi"), ["field"]);
    assert!(complete("x.y.z.").is_empty());
    let mut explain = |code: &str, at: usize| {
        let content = serde_json::json!({ "code": code, "cursor_pos": at, "detail_level": 0 });
        kernel.ask("inspect_request", content).expect("the kernel lives")["data"].to_string()
    };
    assert!(explain("BloomFilter", 3).contains("never a false negative"));
    assert!(explain("filter", 1).contains("filter: lessons::prelude::BloomFilter"));
    assert!(explain("filter.may_contain(3)", 10).contains("may_contain"));
    assert!(explain("Vec::with_capacity(3)", 8).contains("Constructs a new, empty"));
    assert_eq!(explain("nothing_of_that_name", 3), "{}");
    let outputs = run(&mut kernel, "?nothing");
    assert!(shown(&outputs).contains("nothing is known about `nothing`"), "{outputs:?}");
}

#[test]
fn nothing_is_left_behind() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder_of = |kernel: &str| {
        let start = format!("sd35-kernel-{kernel}-");
        let mut all = std::fs::read_dir(std::env::temp_dir()).expect("a folder").flatten();
        all.find(|entry| entry.file_name().to_string_lossy().starts_with(&start)).map(|entry| entry.path())
    };
    let mut kernel = kernel();
    let pid = shown(&run(&mut kernel, "std::process::id()"));
    let parent = shown(&run(&mut kernel, "std::os::unix::process::parent_id()"));
    let folder = folder_of(&parent).expect("the kernel's folder");
    // What cells are compiled from is in it.
    assert_eq!(folder.metadata().expect("there").permissions().mode() & 0o777, 0o700);
    kernel.submit("loop {}").expect("the kernel lives");
    drop(kernel);
    let deadline = Instant::now() + Duration::from_secs(5);
    while Path::new("/proc").join(&pid).exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!Path::new("/proc").join(&pid).exists(), "process {pid} is left");
    assert!(!folder.exists(), "{folder:?} is left");
}

#[test]
fn a_cell_that_awaits_for_ever_is_interrupted_at_its_limit_and_variables_are_kept() {
    let mut kernel = kernel();
    expect(&mut kernel, "let kept = 7;", "");
    let outputs = kernel
        .execute_within("std::future::pending::<()>().await;", Duration::from_millis(500))
        .expect("the kernel survives");
    assert_eq!(outputs.last().expect("an output")["ename"], "Interrupted", "{outputs:?}");
    expect(&mut kernel, "kept", "7");
}

#[test]
fn a_crate_of_the_readers_is_built_once_and_cells_after_that_do_without_cargo() {
    let mut kernel = kernel();
    let built = shown(&run(&mut kernel, ":dep itoa = \"1\"\nitoa::Buffer::new().format(42).to_owned()"));
    assert!(built.contains("Compiling itoa") && built.ends_with("\"42\""), "{built}");
    // With cargo, a line of its progress would come first.
    expect(&mut kernel, "let buffer = itoa::Buffer::new();", "");
    expect(&mut kernel, "let mut own = buffer; own.format(43).to_owned()", "\"43\"");
    expect_error(&mut kernel, "let n: u8 = itoa::Buffer::new();", "CompileError", "mismatched types");
    // Other crates are asked of cargo again.
    let built = shown(&run(&mut kernel, ":dep ryu = \"1\"\nryu::Buffer::new().format(1.5).to_owned()"));
    assert!(built.contains("Compiling ryu") && built.ends_with("\"1.5\""), "{built}");
    expect(
        &mut kernel,
        "format!(\"{} {}\", itoa::Buffer::new().format(1), ryu::Buffer::new().format(2.5))",
        "\"1 2.5\"",
    );
}

#[test]
fn an_await_in_a_macro_of_the_readers_changes_nothing_for_later_cells() {
    let mut kernel = kernel();
    let own = "macro_rules! own { ($e:expr) => { $e } }\nown!(std::future::ready(1).await)";
    expect(&mut kernel, own, "1");
    expect(&mut kernel, "matches!(std::future::ready(Some(1)).await, Some(n) if n == 1)", "true");
    expect(&mut kernel, "std::future::ready(2).await", "2");
}

#[test]
fn a_program_that_several_build_at_once_is_not_replaced_where_it_may_run_already() {
    let library = Library::prepare(&mut |_| {}).expect("the library");
    let name = format!("built-at-once-{}", std::process::id());
    let build = || {
        let program = library.program(&name, "fn main() {}").expect("it compiles");
        std::fs::metadata(program).expect("it is there").ino()
    };
    let files = std::thread::scope(|scope| {
        [(); 3].map(|()| scope.spawn(build)).map(|builder| builder.join().expect("built"))
    });
    std::fs::remove_file(library.bin().join(&name)).expect("removed");
    assert!(files.iter().all(|file| *file == files[0]), "{files:?}");
}
