use super::*;

fn items(text: &str) -> Items {
    let text = format!("{}{text}\n}}", crate::session::text::BEFORE);
    let root = SourceFile::parse(&text, Edition::Edition2024).syntax_node();
    let body = root.children().find_map(ast::Fn::cast).and_then(|function| function.body());
    Items::of(&body.expect("a cell"), &|_| None)
}

#[test]
fn imports_are_followed_to_their_paths() {
    let items = items("use std::{io::{self, stdin}, thread as t};\nuse a::b::*; mod io2 {}");
    let pairs: Vec<_> =
        items.named.iter().filter_map(|item| Some((item.name.as_str(), item.path.as_deref()?))).collect();
    assert_eq!(pairs, [("io", "std::io"), ("stdin", "std::io::stdin"), ("t", "std::thread")]);
    assert_eq!(items.imports("t").as_deref(), Some("std::thread"));
    assert_eq!(items.imports("io2").as_deref(), Some("self::io2"));
}

#[test]
fn an_impl_is_known_by_what_it_is_for() {
    let items = items(
        "struct Cat;\n#[allow(dead_code)]\nimpl  Cat { fn a(&self) {} const B: u8 = 1; }\nimpl<T> From<T> for Cat { fn c() {} }",
    );
    let heads: Vec<_> = items.unnamed.iter().map(|one| (one.head.as_str(), one.names.len())).collect();
    assert_eq!(heads, [("impl Cat", 2), ("impl < T > From < T > for Cat", 0)]);
    assert!(items.unnamed.iter().all(|one| one.owner.as_deref() == Some("Cat")));
}

#[test]
fn macros_that_define_items_are_told_from_others() {
    for (text, expected) in [
        ("macro_rules! mk { ($n:ident) => { fn $n() -> u8 { 3 } }; }\nmk!(made);", 1),
        ("macro_rules! mk { ($(#[$m:meta])* $n:ident) => { $(#[$m])* pub struct $n; } }\nmk!(Made)", 1),
        ("macro_rules! mk { ($v:vis $n:ident) => ( $v struct $n; ) }\nmk!(pub Made);", 1),
        ("macro_rules! twice { ($e:expr) => { 2 * $e } }\ntwice!(4);", 0),
        ("macro_rules! say { () => { println!(\"x\") } }\nsay!();", 0),
        ("thread_local! { static N: u8 = 1; }", 1),
        ("println!(\"x\");", 0),
    ] {
        assert_eq!(items(text).unnamed.len(), expected, "{text}");
    }
}

#[test]
fn statics_that_can_change_are_found_wherever_they_are() {
    for (text, expected) in [
        ("static N: AtomicU32 = AtomicU32::new(0);", "N"),
        ("pub static mut N: u32 = 0;", "N"),
        ("fn f() { static C: Mutex<u8> = Mutex::new(0); }", "C"),
        ("mod m { pub static C: Mutex<u8> = Mutex::new(0); }", "C"),
        (
            "thread_local! { static T: Cell<u8> = const { Cell::new(1) }; pub static U: Cell<u8> = Cell::new(2); }",
            "T U",
        ),
        ("fn f() { thread_local! { static T: Cell<u8> = Cell::new(1); } }", "T"),
        ("static NAMES: [&str; 2] = [\"a\", \"b\"];", ""),
        ("#[unsafe(no_mangle)] static N: AtomicU32 = AtomicU32::new(0);", ""),
        ("let f = 1;", ""),
    ] {
        let items = items(text);
        let names: Vec<_> =
            items.statics.iter().flat_map(|one| &one.declared).map(|d| d.name.as_str()).collect();
        assert_eq!(names.join(" "), expected, "{text}");
    }
}
