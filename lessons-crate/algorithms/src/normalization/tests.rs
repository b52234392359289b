//! The theory, on random dependencies: everything against its definition.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::document::{Items, Shape, cost};
use super::*;

/// Up to six dependencies among so many attributes.
fn dependencies(attributes: usize) -> impl Strategy<Value = Vec<Fd>> {
    let set = move || (0..1u64 << attributes).prop_map(AttrSet);
    let fd = (set(), set()).prop_map(|(lhs, rhs)| Fd::new(lhs, rhs));
    prop::collection::vec(fd, 0..7)
}

/// Seven attributes: every set of them can be looked at.
const WIDTH: usize = 7;

fn schema(fds: Vec<Fd>) -> Schema {
    Schema::new("a b c d e f g", "").expect("a schema").with(fds)
}

/// Straight from the definition: smallest sets whose closure is everything.
fn keys_by_definition(all: AttrSet, fds: &[Fd]) -> BTreeSet<AttrSet> {
    let is_superkey = |x: AttrSet| closure_by_passes(x, fds).0 == all;
    let smallest = |x: &AttrSet| x.iter().all(|a| !is_superkey(*x - AttrSet::one(a)));
    all.subsets().filter(|x| is_superkey(*x)).filter(smallest).collect()
}

/// Whether rows obey a dependency.
fn obey(rows: &[Vec<String>], fd: Fd) -> bool {
    let agree = |one: &[String], other: &[String], set: AttrSet| set.iter().all(|a| one[a] == other[a]);
    rows.iter().all(|one| rows.iter().all(|other| !agree(one, other, fd.lhs) || agree(one, other, fd.rhs)))
}

/// The natural join of the rows' projections has more rows than there were.
fn join_makes_up_rows(rows: &BTreeSet<Vec<String>>, parts: &[AttrSet], width: usize) -> bool {
    let mut joined: BTreeSet<Vec<Option<String>>> = [vec![None; width]].into();
    for part in parts {
        let seen: BTreeSet<Vec<Option<String>>> = rows
            .iter()
            .map(|row| (0..width).map(|a| part.contains(a).then(|| row[a].clone())).collect())
            .collect();
        let fits = |one: &[Option<String>], other: &[Option<String>]| {
            one.iter().zip(other).all(|(x, y)| x.is_none() || y.is_none() || x == y)
        };
        let merge = |one: &[Option<String>], other: &[Option<String>]| {
            one.iter().zip(other).map(|(x, y)| x.clone().or_else(|| y.clone())).collect::<Vec<_>>()
        };
        joined = joined
            .iter()
            .flat_map(|one| seen.iter().filter(|other| fits(one, other)).map(|other| merge(one, other)))
            .collect();
    }
    joined.len() > rows.len()
}

proptest! {
    #[test]
    fn both_closures_agree_and_are_closures(fds in dependencies(WIDTH), x in 0..1u64 << WIDTH, y in 0..1u64 << WIDTH) {
        let (x, y) = (AttrSet(x), AttrSet(y));
        let closed = closure(x, &fds);
        prop_assert_eq!(closed, closure_by_passes(x, &fds).0);
        prop_assert!(x.is_subset(closed));
        prop_assert_eq!(closure(closed, &fds), closed);
        prop_assert!(closed.is_subset(closure(x | y, &fds)));
    }

    #[test]
    fn a_minimal_cover_says_the_same_with_nothing_to_spare(fds in dependencies(WIDTH)) {
        let cover = minimal_cover(&fds);
        prop_assert!(equivalent(&cover, &fds));
        for (number, fd) in cover.iter().enumerate() {
            prop_assert_eq!(fd.rhs.len(), 1);
            prop_assert!(!fd.is_trivial());
            let mut others = cover.clone();
            others.remove(number);
            prop_assert!(!implies(&others, *fd), "{} follows from the others", fd);
            for a in fd.lhs.iter() {
                let shorter = Fd::new(fd.lhs - AttrSet::one(a), fd.rhs);
                prop_assert!(!implies(&cover, shorter), "{} would do for {}", shorter, fd);
            }
        }
    }

    #[test]
    fn keys_are_those_of_the_definition(fds in dependencies(WIDTH)) {
        let all = AttrSet::first(WIDTH);
        prop_assert_eq!(candidate_keys(all, &fds), keys_by_definition(all, &fds));
    }

    #[test]
    fn synthesis_is_lossless_keeps_dependencies_and_reaches_3nf(fds in dependencies(WIDTH)) {
        let schema = schema(fds);
        let split = schema.synthesize();
        prop_assert!(split.is_lossless(), "{}", split);
        prop_assert_eq!(split.lost(), []);
        for part in split.parts() {
            prop_assert!(split.normal_form(*part) >= NormalForm::Third);
            prop_assert!(split.parts().iter().filter(|other| part.is_subset(**other)).count() == 1);
        }
    }

    #[test]
    fn decomposition_is_lossless_and_reaches_bcnf(fds in dependencies(WIDTH)) {
        let split = schema(fds).decompose();
        prop_assert!(split.is_lossless(), "{}", split);
        prop_assert!(split.parts().iter().all(|part| split.normal_form(*part) == NormalForm::BoyceCodd));
        prop_assert_eq!(split.parts().iter().fold(AttrSet::EMPTY, |all, part| all | *part), AttrSet::first(WIDTH));
    }

    #[test]
    fn normal_forms_contain_each_other(fds in dependencies(WIDTH)) {
        let schema = schema(fds);
        let held = NormalForm::DECIDED.map(|form| schema.violations(form).is_empty());
        prop_assert!(held.is_sorted_by(|lower, higher| lower >= higher), "{:?}", held);
    }

    #[test]
    fn a_projection_sees_what_follows(fds in dependencies(5), part in 0u64..32) {
        let part = AttrSet(part);
        let within = project(part, &fds);
        for x in part.subsets() {
            prop_assert_eq!(closure(x, &within), closure(x, &fds) & part | x);
        }
    }

    #[test]
    fn keeping_a_dependency_is_following_from_the_projections(fds in dependencies(5), one in 0u64..32, other in 0u64..32) {
        let parts = [AttrSet(one), AttrSet(other)];
        let seen: Vec<Fd> = parts.iter().flat_map(|part| project(*part, &fds)).collect();
        for fd in &fds {
            prop_assert_eq!(keeps(&parts, &fds, *fd), implies(&seen, *fd));
        }
    }

    #[test]
    fn the_chase_is_right_or_shows_why_not(fds in dependencies(4), parts in prop::collection::vec(1u64..16, 1..4)) {
        let all = AttrSet::first(4);
        let schema = Schema::new("a b c d", "").expect("a schema").with(fds.clone());
        let parts: Vec<AttrSet> = parts.into_iter().map(AttrSet).collect();
        let covered = parts.iter().fold(AttrSet::EMPTY, |covered, part| covered | *part) == all;
        let chase = Chase::new(all, &parts, &fds);
        match chase.counterexample(&schema) {
            None => prop_assert!(covered && chase.is_lossless()),
            Some(table) => {
                let cells = |line: &str| line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>();
                let text = table.to_string();
                let stored: BTreeSet<Vec<String>> =
                    text.lines().filter(|line| line.starts_with("stored")).map(cells).collect();
                let rows: Vec<Vec<String>> = stored.iter().cloned().collect();
                prop_assert!(fds.iter().all(|fd| obey(&rows, *fd)), "{}", text);
                prop_assert!(!covered || join_makes_up_rows(&stored, &parts, 4), "{}", text);
            }
        }
    }

    #[test]
    fn discovered_dependencies_hold_and_are_all(rows in prop::collection::vec(prop::collection::vec(0u8..3, 4), 0..12)) {
        let rows: Vec<Vec<String>> =
            rows.into_iter().map(|row| row.into_iter().map(|value| value.to_string()).collect()).collect();
        prop_assume!(!rows.is_empty());
        let found = discover(&rows, 4);
        for lhs in AttrSet::first(4).subsets() {
            for a in 0..4 {
                let fd = Fd::new(lhs, AttrSet::one(a));
                prop_assert_eq!(obey(&rows, fd), implies(&found, fd) || fd.is_trivial());
                prop_assert_eq!(obey(&rows, fd), rows_to_remove(&rows, fd) == 0);
            }
        }
        for fd in &found {
            let smaller = fd.lhs.iter().map(|a| Fd::new(fd.lhs - AttrSet::one(a), fd.rhs));
            prop_assert!(smaller.into_iter().all(|smaller| !obey(&rows, smaller)), "{} is not minimal", fd);
        }
    }
}

/// Attributes and dependencies, the keys, and the normal form that textbooks give.
const TEXTBOOK: [(&str, &str, &str, NormalForm); 10] = [
    ("a b", "", "a b", NormalForm::BoyceCodd),
    ("a b c", "a -> b c", "a", NormalForm::BoyceCodd),
    ("a b c", "a b -> c, c -> b", "a b|a c", NormalForm::Third),
    ("street city zip", "street city -> zip, zip -> city", "street city|street zip", NormalForm::Third),
    ("order item name quantity", "order item -> quantity, item -> name", "order item", NormalForm::First),
    ("order customer city", "order -> customer, customer -> city", "order", NormalForm::Second),
    (
        "student course teacher",
        "student course -> teacher, teacher -> course",
        "student course|student teacher",
        NormalForm::Third,
    ),
    ("a b c d", "a b -> c d, c -> a, d -> b", "a b|a d|b c|c d", NormalForm::Third),
    ("a b c d e", "a -> b c, c d -> e, b -> d, e -> a", "a|b c|c d|e", NormalForm::Third),
    ("s status city p qty", "s -> status city, city -> status, s p -> qty", "s p", NormalForm::First),
];

#[test]
fn textbook_schemas_have_their_keys_and_forms() {
    for (attributes, fds, keys, form) in TEXTBOOK {
        let schema = Schema::new(attributes, fds).expect("a schema");
        let wanted: BTreeSet<AttrSet> = keys.split('|').map(|key| schema.set(key).expect("a key")).collect();
        assert_eq!(candidate_keys(schema.all(), schema.fds()), wanted, "{attributes}: {fds}");
        assert_eq!(schema.normal_form(), form, "{attributes}: {fds}");
    }
}

/// n pairs that determine each other: two to the power of n keys.
#[test]
fn keys_can_be_exponentially_many() {
    for pairs in 1..=8 {
        let pair = |i: usize| [(2 * i, 2 * i + 1), (2 * i + 1, 2 * i)];
        let fds: Vec<Fd> =
            (0..pairs).flat_map(pair).map(|(a, b)| Fd::new(AttrSet::one(a), AttrSet::one(b))).collect();
        assert_eq!(candidate_keys(AttrSet::first(2 * pairs), &fds).len(), 1 << pairs);
    }
}

/// A chain in the worst order: each pass of the textbook's loop finds one attribute.
#[test]
fn passes_are_quadratic_where_the_counters_are_linear() {
    let looked_at = |n: usize| {
        let chain: Vec<Fd> = (0..n).rev().map(|i| Fd::new(AttrSet::one(i), AttrSet::one(i + 1))).collect();
        let (known, looked_at) = closure_by_passes(AttrSet::one(0), &chain);
        assert_eq!(known, closure(AttrSet::one(0), &chain));
        looked_at
    };
    assert_eq!((looked_at(10), looked_at(20), looked_at(40)), (110, 420, 1_640));
}

#[test]
fn the_address_cannot_have_both() {
    let address = Schema::new("street city zip", "street city -> zip, zip -> city").expect("a schema");
    let split = address.decompose();
    assert!(split.is_lossless());
    assert_eq!(split.lost_by_name(), ["street city -> zip"]);
    assert_eq!(address.synthesize().parts(), [address.all()]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let error = |attributes: &str, fds: &str| Schema::new(attributes, fds).expect_err("an error").to_string();
    assert!(error("a b", "a -> c").contains("`c` is not an attribute of this schema; it has a, b"));
    assert!(error("a a", "").contains("listed twice"));
    assert!(error("a b", "a b").contains("write `zip -> city`"));
    assert!(error("a b", "a ->").contains("not a dependency"));
    let many: Vec<String> = (0..65).map(|i| format!("x{i}")).collect();
    assert!(error(&many.join(" "), "").contains("65 attributes"));
}

#[test]
fn subsets_are_all_of_them_once() {
    let set = AttrSet::letters("ACF");
    let subsets: BTreeSet<AttrSet> = set.subsets().collect();
    assert_eq!((subsets.len(), set.subsets().count()), (8, 8));
    assert!(subsets.iter().all(|subset| subset.is_subset(set)));
    assert_eq!(AttrSet::EMPTY.subsets().collect::<Vec<_>>(), [AttrSet::EMPTY]);
    assert_eq!(AttrSet::first(64).len(), 64);
}

/// Counted by writing every document, item by item.
#[test]
fn the_cost_of_a_shape_is_that_of_writing_it() {
    let items = Items { count: 130, item_bytes: 200, header_bytes: 90 };
    for (shape, size) in [(Shape::Embedded, 130), (Shape::Referenced, 1), (Shape::Buckets(13), 13)] {
        let (mut documents, mut written) = (vec![], 0u64);
        for _ in 0..items.count {
            match documents.last_mut() {
                Some(held) if *held < size => *held += 1,
                _ => documents.push(1u64),
            }
            written += items.header_bytes + documents.last().expect("one document") * items.item_bytes;
        }
        let cost = cost(items, shape, 20);
        assert_eq!(cost.documents, documents.len() as u64);
        let pages = [(130, 1), (13, 3), (1, 20)];
        assert!(pages.contains(&(size, cost.documents_per_page)), "{shape:?}: {cost:?}");
        assert!((cost.bytes_written_per_item - written as f64 / 130.0).abs() < 1e-9, "{shape:?}");
    }
}
