//! Whatever the engine writes, a reader may write too.

use super::*;

/// What evcxr 0.22 writes for a cell.
pub(crate) fn written(items: &str, body: &str, guarded: bool) -> String {
    let (open, close) =
        if guarded { (format!("{GUARD}\n"), GUARD_END.join("\n") + "\n") } else { Default::default() };
    format!(
        "#![allow(unused_imports, unused_mut, dead_code)]\n{items}\n{EXPORTED}\n{ENTRY}7(\n\
         evcxr_variable_store: *mut u8) -> *mut u8 {{\n{open}{body}\n{close}evcxr_variable_store\n}}\n"
    )
}

/// Whatever the engine writes, a reader may write too.
pub(crate) const SAME: [&str; 8] = [
    "if let Err(error) = f() { eprintln!(\"{}\", error); }",
    "println!(\"EVCXR_PANIC_NOTIFICATION\");",
    "if std::panic::catch_unwind(||{\n    f();\n}).is_err() {\n    println!(\"EVCXR_PANIC_NOTIFICATION\");\n}",
    "let s = \"\n#[unsafe(no_mangle)]\npub extern \\\"C\\\" fn run_user_code_9(\n\";",
    "let s = r#\"\n#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_9(\nstruct EvcxrUserCodeError {}\n\"#;",
    "/*\nmod evcxr_internal_runtime {\npub fn create_variable_store()\n}\n}\n*/ let x = '{';",
    "let s = \"\nevcxr_variable_store\n}\n\";",
    "let s = \"::std::mem::drop(&z); sd35_store.put::<_>(\\\"z\\\", z);\";",
];

#[test]
fn the_crate_is_cut_where_the_reader_begins_and_ends() {
    for (item, body) in SAME.into_iter().flat_map(|same| [("", same), (same, "f()"), (same, same)]) {
        for guarded in [true, false] {
            let items = if item.is_empty() { String::new() } else { format!("fn g() {{ {item} }}") };
            let text = written(&items, body, guarded);
            let cut = Generated::new(&text);
            // Without the engine's guard, one of the reader's that is the same does no harm.
            let own = !guarded && body.starts_with(GUARD);
            assert_eq!(cut.guarded, guarded || own);
            assert_eq!(cut.items, format!("#![allow(unused_imports, unused_mut, dead_code)]\n{items}\n"));
            if !own {
                assert_eq!(cut.body, format!("{body}\n"));
            }
            assert_eq!((cut.entry.as_str(), cut.head), ("run_user_code_7", 3 + usize::from(cut.guarded)));
        }
    }
}

#[test]
fn a_guard_of_the_readers_own_is_not_the_engines() {
    let own = "let r = std::panic::catch_unwind(|| 1);";
    assert!(Generated::new(&written("", own, true)).is_guarded());
    assert!(!Generated::new(&written("", own, false)).is_guarded());
}

#[test]
fn crates_without_statements_or_without_a_function() {
    let none = format!("fn f() {{}}\n{EXPORTED}\n{ENTRY}3(\nmut x: *mut u8) -> *mut u8 {{x}}\n");
    let cut = Generated::new(&none);
    assert_eq!((cut.items.as_str(), cut.body.as_str(), cut.head), ("fn f() {}\n", "", 3));
    assert_eq!(Generated::new("fn f() {}").items, "fn f() {}");
}
