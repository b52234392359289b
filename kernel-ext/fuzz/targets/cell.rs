//! Any text as a cell: what the kernel does with it before the compiler sees it never panics, and keeps
//! every line where it was.
#![no_main]
#![allow(dead_code, unreachable_pub, reason = "the modules are the kernel's, of which a target uses a part")]

#[path = "../../src/session/completeness.rs"]
mod completeness;
#[path = "../../src/session/cursor.rs"]
mod cursor;
#[path = "../../src/session/edited.rs"]
mod edited;
#[path = "../../src/session/items.rs"]
mod items;
#[path = "../../src/session/scope.rs"]
mod scope;
#[path = "../../src/session/source.rs"]
mod source;
#[path = "../../src/session/text.rs"]
mod text;
#[path = "../../src/session/variables.rs"]
mod variables;

use completeness::completeness;
use cursor::Cursor;
use libfuzzer_sys::fuzz_target;
use scope::Scope;

fuzz_target!(|text: &str| {
    let mut scope = Scope::new();
    let source = scope.parse(text);
    let edited = scope.prepare(&source, false).edited;
    assert_eq!(edited.text.lines().count(), text.lines().count());
    for line in 1..=edited.text.lines().count() {
        assert!(text.is_char_boundary(edited.original_offset(line, 1)));
    }
    let _ = completeness(text);
    for at in [0, text.len() / 2, text.len()] {
        let at = text.floor_char_boundary(at);
        let found = Cursor::before(text, at);
        assert!(found.start <= found.end && text.get(found.start..found.end).is_some());
        let _ = Cursor::around(text, at);
    }
});
