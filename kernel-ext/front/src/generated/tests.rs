//! Whatever the engine writes, a reader may write too.

use super::*;

/// What evcxr 0.22 writes for a cell that may use `?`, with one variable of an earlier cell and one new.
fn written(items: &str, body: &str, guarded: bool) -> String {
    let (open, close) = if guarded {
        ("match std::panic::catch_unwind(\n  std::panic::AssertUnwindSafe(||{\n", GUARD.join("\n") + "\n")
    } else {
        ("", String::new())
    };
    format!(
        "#![allow(unused_imports, unused_mut, dead_code)]\n{items}
            struct EvcxrUserCodeError {{}}
            impl<T: std::fmt::Display> From<T> for EvcxrUserCodeError {{
                fn from(error: T) -> Self {{
                    eprintln!(\"{{}}\", error);
                    {FAILED};
                    EvcxrUserCodeError {{}}
                }}
            }}
        \nmod evcxr_internal_runtime {{\npub struct VariableStore {{\n}}\n\n\
             pub fn create_variable_store() -> *mut VariableStore {{\n    Box::into_raw(x)\n}}\n}}\n\
             #[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_7(\n\
             mut evcxr_variable_store: *mut evcxr_internal_runtime::VariableStore)\n\
             \x20 -> *mut evcxr_internal_runtime::VariableStore {{\nif evcxr_variable_store.is_null() {{\n\
             \x20 evcxr_variable_store = evcxr_internal_runtime::create_variable_store();\n}}\n\
             let evcxr_variable_store = unsafe {{&mut *evcxr_variable_store}};\n{{let mut vars_ok = true;\n\
             {CHECK}Sd35T1>(stringify!(a));\n{CHECKED}\n\
             let a = evcxr_variable_store.take_variable::<Sd35T1>(stringify!(a));\n\
             {open}let _ = (|| -> std::result::Result<(), EvcxrUserCodeError> {{\n\
             {body}\n{PUT}Sd35T2>(stringify!(b), b);\nOk(())}})();\n{close}\
             {PUT}Sd35T1>(stringify!(a), a);\nevcxr_variable_store\n}}\n"
    )
}

/// Whatever the engine writes, a reader may write too.
const SAME: [&str; 9] = [
    "if let Err(error) = f() { eprintln!(\"{}\", error); }",
    "println!(\"EVCXR_PANIC_NOTIFICATION\");",
    "match f() {\n  Ok(_) => {}\n  Err(_) => {\n    println!(\"EVCXR_PANIC_NOTIFICATION\");\n}}",
    "println!(\"{}\", evcxr_internal_runtime::USER_ERROR_OCCURRED);",
    "let s = \"\n#[unsafe(no_mangle)]\npub extern \\\"C\\\" fn run_user_code_9(\n\";",
    "let s = r#\"\n#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_9(\nstruct EvcxrUserCodeError {}\n\"#;",
    "/*\nmod evcxr_internal_runtime {\npub fn create_variable_store()\n}\n}\n*/ let x = '{';",
    "let s = \"\nlet z = evcxr_variable_store.take_variable::<u8>(stringify!(z));\n\";",
    "let s = \"\nOk(())})();\nevcxr_variable_store\n}\n\";",
];

#[test]
fn the_crate_is_cut_where_the_reader_begins_and_ends() {
    for (item, body) in SAME.into_iter().flat_map(|same| [("", same), (same, "f()"), (same, same)]) {
        for guarded in [true, false] {
            let items = if item.is_empty() { String::new() } else { format!("fn g() {{ {item} }}") };
            let text = written(&items, body, guarded);
            let Generated { items: own, head, body: cell, tail } = Generated::cut(&text);
            assert_eq!(format!("{own}{head}{cell}{tail}"), text);
            assert_eq!(own, format!("#![allow(unused_imports, unused_mut, dead_code)]\n{items}\n"));
            assert!(head.trim_start().starts_with("struct EvcxrUserCodeError"), "{head}");
            assert!(head.ends_with("take_variable::<Sd35T1>(stringify!(a));\n"), "{head}");
            assert!(cell.ends_with(&format!("UserCodeError> {{\n{body}\n")), "{cell}");
            assert!(tail.starts_with(PUT), "{tail}");
        }
    }
}

#[test]
fn nothing_of_the_readers_is_changed() {
    for same in SAME {
        let text = written(&format!("fn g() {{ {same} }}"), same, true);
        let cut = Generated::cut(&text);
        let built = Generated::new(&text).for_build();
        assert_eq!((&built.items, &built.body), (&cut.items, &cut.body));
        assert!(built.head.contains("use ::lessons::cell::EvcxrUserCodeError;"), "{}", built.head);
        assert!(built.head.contains("pub use ::lessons::cell::store::*;"), "{}", built.head);
        assert!(built.head.contains("fn run_user_code_7_inner(\n"), "{}", built.head);
        assert!(
            built.tail.contains("::lessons::cell::engine(\"EVCXR_PANIC_NOTIFICATION\")"),
            "{}",
            built.tail
        );
        assert!(built.tail.contains("fn run_user_code_7(store:"), "{}", built.tail);
        // No line moved.
        let lines = |text: &str| text.matches('\n').count();
        assert_eq!(lines(&built.head), lines(&cut.head));
    }
}

#[test]
fn a_guard_of_the_readers_own_is_not_the_engines() {
    let own = "let r = std::panic::catch_unwind(|| 1);";
    assert!(Generated::new(&written("", own, true)).is_guarded());
    assert!(!Generated::new(&written("", own, false)).is_guarded());
}

#[test]
fn crates_without_variables_or_without_statements() {
    let small = format!(
        "fn f() {{}}\n{EXPORTED}\n{ENTRY}3(\nevcxr_variable_store: *mut u8) -> *mut u8 {{\n\
             if std::panic::catch_unwind(||{{\nf();\n{}\nevcxr_variable_store\n}}\n",
        SMALL_GUARD.join("\n")
    );
    let cut = Generated::cut(&small);
    assert_eq!(
        (cut.items.as_str(), cut.body.as_str()),
        ("fn f() {}\n", "if std::panic::catch_unwind(||{\nf();\n")
    );
    let none = format!("fn f() {{}}\n{EXPORTED}\n{ENTRY}3(\nmut x: *mut u8) -> *mut u8 {{x}}\n");
    let cut = Generated::cut(&none);
    assert_eq!((cut.items.as_str(), cut.body.as_str(), cut.tail.as_str()), ("fn f() {}\n", "", ""));
    assert!(Generated::new(&none).for_build().tail.contains("run_user_code_3_inner(store.cast())"));
}

#[test]
fn what_a_cell_does_not_mention_stays_in_the_store() {
    let check = |name: &str, ty: &str| format!("{CHECK}{ty}>(stringify!({name}));\n");
    let take = |name: &str, ty: &str| {
        format!("let mut {name} = evcxr_variable_store.take_variable::<{ty}>(stringify!({name}));\n")
    };
    let put = |name: &str, ty: &str| format!("{PUT}{ty}>(stringify!({name}), {name});\n");
    let (used, idle, own) = (("a", "Vec<i32>"), ("b", "std::vec::Vec<i32>"), ("c", "std::vec::Vec<Point>"));
    let store = |(name, ty): (&str, &str)| (check(name, ty), take(name, ty), put(name, ty));
    let (used, idle, own) = (store(used), store(idle), store(own));
    let generated = Generated {
        items: String::new(),
        head: [used.0.clone(), idle.0, own.0.clone(), used.1.clone(), idle.1, own.1].concat(),
        body: "println!(\"{a}\");\n".to_owned(),
        tail: [used.2.clone(), idle.2, own.2].concat(),
    };
    let left = generated.without_unmentioned();
    assert_eq!(left.head, format!("{}\n{}{}\n\n", used.0, own.0, used.1));
    assert_eq!((left.body, left.tail), (generated.body, format!("{}\n\n", used.2)));
}

#[test]
fn types_of_the_library_cannot_change() {
    for fixed in ["std::vec::Vec<(u8, &'static str)>", "lessons::prelude::Rng", "[f64; 3]", "fn(i32) -> u8"] {
        assert!(!may_change(fixed), "{fixed}");
    }
    for own in ["Point", "std::vec::Vec<Point>", "crate::Point", "(u8, own::Thing)"] {
        assert!(may_change(own), "{own}");
    }
}
