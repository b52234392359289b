//! No circle between modules: who reads one of them need not have read the other first.
//!
//! What counts: in each crate, at each level, the modules that stand side by side in one parent. One of them
//! *uses* another when a path in its code, or in that of a module inside it, leads to the other or to
//! something inside it. Paths are those that start with `crate`, `super` or `self`, in `use` and elsewhere;
//! a name that a module only passes on (`use`) leads to where it comes from.
//!
//! What does not count: unit tests, and what a parent and its own children use of each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

use super::modules::{Crate, crates};

/// Modules that use each other, directly or by way of the others.
struct Circle {
    names: Vec<String>,
    steps: Vec<String>,
}

/// The circles of a crate, each as the shortest way around it; one that goes through another's modules is not told again.
fn circles(code: &Crate) -> Vec<Circle> {
    let uses = code.uses();
    let mut found: BTreeMap<BTreeSet<usize>, Circle> = BTreeMap::new();
    for &start in uses.keys() {
        let Some(way) = way_around(&uses, start) else { continue };
        let mut names: Vec<String> = way.iter().map(|&module| code.path(module)).collect();
        names.sort();
        let steps = way
            .iter()
            .zip(way.iter().cycle().skip(1))
            .map(|(from, to)| format!("{} uses {}: {}", code.path(*from), code.path(*to), uses[from][to]));
        let steps = steps.collect();
        found.entry(way.into_iter().collect()).or_insert(Circle { names, steps });
    }
    let sets: Vec<BTreeSet<usize>> = found.keys().cloned().collect();
    found.retain(|set, _| !sets.iter().any(|other| other != set && other.is_subset(set)));
    found.into_values().collect()
}

/// The shortest way from a module back to itself.
fn way_around(uses: &BTreeMap<usize, BTreeMap<usize, String>>, start: usize) -> Option<Vec<usize>> {
    let mut before: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for &next in uses.get(&at).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                let mut way = vec![at];
                while let Some(&at) = before.get(way.last()?) {
                    way.push(at);
                }
                way.reverse();
                return Some(way);
            }
            before.entry(next).or_insert_with(|| {
                queue.push_back(next);
                at
            });
        }
    }
    None
}

#[test]
fn there_is_none() {
    let roots = crates();
    assert!(roots.len() >= 7, "{roots:?}");
    let mut found = String::new();
    let mut uses = 0;
    for root in roots {
        let code = Crate::read(&root);
        uses += code.uses().values().map(BTreeMap::len).sum::<usize>();
        for circle in circles(&code) {
            let file = root.strip_prefix(super::root()).unwrap_or(&root);
            found += &format!("{}: {}\n", file.display(), circle.names.join(", "));
            for step in circle.steps {
                found += &format!("    {step}\n");
            }
        }
    }
    assert!(uses > 300, "{uses} uses are too few: the paths are not read right");
    assert!(found.is_empty(), "modules that use each other:\n{found}\nmove what both need to a third");
}

#[test]
fn one_is_found_however_it_is_written() {
    let check = |name: &str, files: &[(&str, &str)], expected: &[&[&str]]| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("circles").join(name);
        let _ = fs::remove_dir_all(&folder);
        for (file, text) in files {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, text).expect("a file");
        }
        let found = circles(&Crate::read(&folder.join("lib.rs")));
        let names: Vec<&[String]> = found.iter().map(|circle| circle.names.as_slice()).collect();
        assert_eq!(names, expected, "{name}");
    };
    let lib = ("lib.rs", "mod a; mod b; mod c; pub use b::Noun;");
    let c = ("c.rs", "pub fn f() {}");
    let both: &[&[&str]] = &[&["crate::a", "crate::b"]];
    check("direct", &[lib, ("a.rs", "use crate::b::Noun;"), ("b.rs", "use super::{a::x, c};"), c], both);
    check("passed-on", &[lib, ("a.rs", "use crate::Noun;"), ("b.rs", "struct Noun(super::a::X);"), c], both);
    check(
        "around",
        &[lib, ("a.rs", "fn f() { crate::b::g() }"), ("b.rs", "use crate::c;"), ("c.rs", "use crate::a;")],
        &[&["crate::a", "crate::b", "crate::c"]],
    );
    let inside = ("a.rs", "mod x; mod y;");
    let (x, y) = (("a/x.rs", "use super::y::Y;"), ("a/y.rs", "use crate::a::x::X;"));
    check("inside", &[lib, inside, x, y, ("b.rs", ""), c], &[&["crate::a::x", "crate::a::y"]]);
    let test =
        ("b.rs", "#[cfg(test)] mod tests { use crate::a; }\n// use crate::a;\nconst S: &str = \"crate::a\";");
    check("none", &[lib, ("a.rs", "use crate::b;"), test, c], &[]);
}
