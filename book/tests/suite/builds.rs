//! What a new reader builds, one thing after the other, and the test run after that, share their packages.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// As `xtask/src/progress.rs` and `kernel-ext/src/library/compile.rs` ask cargo for them, and how many packages each
/// may compile once more. Only ever lowered.
const BUILDS: [(&str, usize); 4] = [
    ("build --package kernel-ext --no-default-features --bin sd35-serve", 0),
    // A few small ones that programs need which run while others are built: features of those are chosen apart.
    ("build --package kernel-ext --bin sd35 --bin sd35-front", 2),
    ("rustc --package lessons --features full --crate-type dylib", 12),
    // `hickory-proto`, which only tests use, wants a feature of `once_cell` that nothing else should have.
    ("test --workspace --all-features --no-run", 90),
];

/// What cargo would compile: each package of others in the form in which it is needed, by name and version.
fn packages(build: &str) -> Vec<(u64, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the course");
    let output = Command::new(env!("CARGO"))
        .args(build.split(' '))
        .args(["--release", "--locked", "--offline", "--unit-graph", "-Zunstable-options"])
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(root)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let graph: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let units = graph["units"].as_array().expect("a list");
    let mut forms = HashMap::new();
    let name =
        |unit: &Value| unit["pkg_id"].as_str().unwrap_or_default().rsplit('#').next().map(str::to_owned);
    let of_others = |unit: &&Value| unit["pkg_id"].as_str().is_some_and(|id| id.starts_with("registry+"));
    let all = units.iter().enumerate().filter(|(_, unit)| of_others(unit));
    all.map(|(at, unit)| (form(units, at, &mut forms), name(unit).unwrap_or_default())).collect()
}

/// Differs when anything differs for which cargo would compile it once more.
fn form(units: &[Value], at: usize, known: &mut HashMap<usize, u64>) -> u64 {
    if let Some(form) = known.get(&at) {
        return *form;
    }
    let unit = &units[at];
    let mut hash = DefaultHasher::new();
    for part in ["pkg_id", "target", "profile", "features", "mode"] {
        unit[part].to_string().hash(&mut hash);
    }
    let needed = unit["dependencies"].as_array().into_iter().flatten();
    let needed = needed.filter_map(|edge| usize::try_from(edge["index"].as_u64()?).ok());
    let mut forms: Vec<u64> = needed.map(|index| form(units, index, known)).collect();
    forms.sort_unstable();
    forms.hash(&mut hash);
    let form = hash.finish();
    known.insert(at, form);
    form
}

#[test]
fn hardly_a_package_is_compiled_twice() {
    let (mut forms, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (build, allowed) in BUILDS {
        let packages = packages(build);
        assert!(packages.len() > 100, "{build}: {}", packages.len());
        let anew = packages.iter().filter(|(form, _)| !forms.contains(form));
        let repeated: BTreeSet<_> =
            anew.map(|(_, name)| name).filter(|name| names.contains(*name)).cloned().collect();
        assert!(
            repeated.len() <= allowed,
            "`cargo {build}` compiles these once more, because it wants other features of them, or of what they \
             need, than the builds before: {repeated:?}; even them out in xtask/features/Cargo.toml"
        );
        forms.extend(packages.iter().map(|(form, _)| *form));
        names.extend(packages.into_iter().map(|(_, name)| name));
    }
}
