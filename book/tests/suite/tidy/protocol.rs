//! The words of the protocol between the kernel and the process that runs cells stand on both sides, in crates that
//! do not know each other: the kernel is built without the library. Here they are held equal.

use std::fs;

/// Each is a constant of this name on either side.
const WORDS: [&str; 5] = ["PIPES", "FRAME", "INTERRUPT", "ANSWER", "NO_ANSWER"];

/// The types and values of the constants of this name below this folder.
fn values(folder: &str, name: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in super::files(&super::root().join(folder), ".rs") {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let start = format!("const {name}: ");
        let constants = text.lines().filter_map(|line| {
            let (before, rest) = line.split_once(&start)?;
            (before.is_empty() || before.starts_with("pub"))
                .then_some(rest)?
                .strip_suffix(';')?
                .split_once(" = ")
        });
        found.extend(constants.map(|(ty, value)| (ty.to_owned(), value.to_owned())));
    }
    found
}

#[test]
fn both_sides_say_the_same() {
    for name in WORDS {
        let kernel = values("kernel-ext/src", name);
        let [(ty, _)] = kernel.as_slice() else { panic!("constants {name} of the kernel: {kernel:?}") };
        // Another kind of thing may have the same name.
        let cell: Vec<_> =
            values("lessons-crate", name).into_iter().filter(|(other, _)| other == ty).collect();
        assert_eq!(kernel, cell, "{name}");
    }
}
