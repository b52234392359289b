use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// One write: row, column, time, and a value or a deletion.
type Write = (u8, u8, u64, Option<u8>);

fn filled(writes: &[Write]) -> WideColumns {
    let mut store = WideColumns::new(&[("f", 2), ("g", 1)]);
    for (row, column, time, value) in writes {
        let (row, column) = (format!("r{row}"), name(*column));
        match value {
            Some(value) => store.put(&row, &column, *time, &format!("v{value}")),
            None => store.delete(&row, &column, *time),
        }
        .expect("a family that is there");
    }
    store
}

/// Columns 0 to 2 of one family, 3 and 4 of another.
fn name(column: u8) -> String {
    format!("{}:c{column}", if column < 3 { "f" } else { "g" })
}

/// The versions of a cell by looking at every write.
fn naive(writes: &[Write], row: u8, column: u8) -> Vec<(u64, String)> {
    let own: Vec<&Write> = writes.iter().filter(|write| (write.0, write.1) == (row, column)).collect();
    let deleted = own.iter().filter(|write| write.3.is_none()).map(|write| write.2).max();
    let mut values: BTreeMap<u64, u8> = BTreeMap::new();
    for (_, _, time, value) in own {
        if let (Some(value), true) = (value, deleted.is_none_or(|deleted| *time > deleted)) {
            let kept = values.entry(*time).or_insert(*value);
            *kept = (*kept).max(*value);
        }
    }
    let kept = if column < 3 { 2 } else { 1 };
    values.into_iter().rev().take(kept).map(|(time, value)| (time, format!("v{value}"))).collect()
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    prop::collection::vec((0..3u8, 0..5u8, 0..6u64, prop::option::weighted(0.8, 0..5u8)), 0..40)
}

proptest! {
    #[test]
    fn a_read_is_what_looking_at_every_write_gives(writes in writes(), before in 0..8u64) {
        let store = filled(&writes);
        let mut compacted = store.clone();
        compacted.compact(before);
        prop_assert!(compacted.len() <= store.len());
        for (row, column) in (0..3).flat_map(|row| (0..5).map(move |column| (row, column))) {
            let expected = naive(&writes, row, column);
            let (row, column) = (format!("r{row}"), name(column));
            for store in [&store, &compacted] {
                let found: Vec<(u64, String)> =
                    store.versions(&row, &column).into_iter().map(|(time, v)| (time, v.to_owned())).collect();
                prop_assert_eq!(&found, &expected);
                prop_assert_eq!(store.get(&row, &column), expected.first().map(|(_, v)| v.as_str()));
                let at = expected.iter().find(|(time, _)| *time <= 3).map(|(_, v)| v.as_str());
                prop_assert_eq!(store.get_at(&row, &column, 3), at);
            }
        }
    }

    #[test]
    fn copies_that_get_the_writes_in_any_order_agree(writes in writes(), seed in any::<u64>()) {
        let mut shuffled = writes.clone();
        crate::rng::Rng::new(seed).shuffle(&mut shuffled);
        let (one, other) = (filled(&writes), filled(&shuffled));
        for (row, column) in (0..3).flat_map(|row| (0..5).map(move |column| (row, column))) {
            let (row, column) = (format!("r{row}"), name(column));
            prop_assert_eq!(one.versions(&row, &column), other.versions(&row, &column));
        }
    }

    #[test]
    fn a_slice_is_a_filter(writes in writes(), from in 0..6u8, to in 0..6u8) {
        let store = filled(&writes);
        let (from, to) = (format!("c{from}"), format!("c{to}"));
        for row in ["r0", "r1", "r2"] {
            let all: Vec<(&str, &str)> = store.slice(row, "f", ..).collect();
            let by_cell: Vec<String> = (0..3u8).filter(|c| store.get(row, &name(*c)).is_some()).map(|c| format!("c{c}")).collect();
            prop_assert_eq!(all.iter().map(|(c, _)| *c).collect::<Vec<_>>(), by_cell);
            let range: Vec<_> = store.slice(row, "f", from.as_str()..to.as_str()).collect();
            let expected: Vec<_> = all.iter().copied().filter(|(c, _)| *c >= from.as_str() && *c < to.as_str()).collect();
            prop_assert_eq!(range, expected);
            let back: Vec<_> = store.slice(row, "f", ..=to.as_str()).rev().collect();
            let expected: Vec<_> = all.iter().copied().rev().filter(|(c, _)| *c <= to.as_str()).collect();
            prop_assert_eq!(back, expected);
        }
    }

    #[test]
    fn walks_are_what_joining_the_edge_list_again_and_again_gives(
        edges in prop::collection::vec((0..9usize, 0..9usize), 0..30), start in 0..9usize, bound in 0..5usize,
    ) {
        let graph = of_edges(9, &edges);
        let mut expected = BTreeMap::from([(start, 0)]);
        for step in 1..=bound {
            let known: Vec<usize> = expected.keys().copied().collect();
            for (from, to) in &edges {
                if known.contains(from) {
                    expected.entry(*to).or_insert(step);
                }
            }
        }
        let reached = graph.within(start, "e", bound);
        prop_assert_eq!(reached.steps, expected);
        prop_assert!(reached.edges_touched <= edges.len());
    }

    #[test]
    fn a_shortest_path_is_a_path_and_none_is_shorter(
        edges in prop::collection::vec((0..8usize, 0..8usize), 0..24),
    ) {
        let graph = of_edges(8, &edges);
        // Floyd and Warshall.
        let mut distance = [[99usize; 8]; 8];
        for (from, to) in &edges { distance[*from][*to] = 1; }
        (0..8).for_each(|node| distance[node][node] = 0);
        for middle in 0..8 { for a in 0..8 { for b in 0..8 {
            distance[a][b] = distance[a][b].min(distance[a][middle] + distance[middle][b]);
        } } }
        for (from, to) in (0..8).flat_map(|from| (0..8).map(move |to| (from, to))) {
            match graph.shortest_path(from, to, "e") {
                None => prop_assert!(distance[from][to] >= 99),
                Some(path) => {
                    prop_assert_eq!(path.len() - 1, distance[from][to]);
                    prop_assert_eq!((path.first(), path.last()), (Some(&from), Some(&to)));
                    prop_assert!(path.windows(2).all(|step| edges.contains(&(step[0], step[1]))));
                }
            }
        }
    }

    #[test]
    fn suggestions_count_paths_of_two_edges(edges in prop::collection::btree_set((0..7usize, 0..7usize), 0..25)) {
        let edges: Vec<_> = edges.into_iter().collect();
        let graph = of_edges(7, &edges);
        let has = |a: usize, b: usize| edges.contains(&(a, b));
        for node in 0..7 {
            let found: BTreeMap<_, _> = graph.suggestions(node, "e").into_iter().collect();
            for far in (0..7).filter(|far| *far != node && !has(node, *far)) {
                let paths = (0..7).filter(|near| has(node, *near) && has(*near, far)).count();
                prop_assert_eq!(found.get(&far).copied().unwrap_or(0), paths);
            }
            prop_assert!(!found.contains_key(&node));
        }
    }
}

fn of_edges(nodes: usize, edges: &[(usize, usize)]) -> PropertyGraph {
    let mut graph = PropertyGraph::new();
    for number in 0..nodes {
        graph.add_node("n", &[("number", &number.to_string())]);
    }
    for (from, to) in edges {
        graph.add_edge(*from, "e", *to, &[("sum", &(from + to).to_string())]);
    }
    graph
}

#[test]
fn edges_have_a_direction_a_type_and_properties() {
    let graph = of_edges(4, &[(0, 1), (0, 2), (3, 0)]);
    assert_eq!((graph.node_count(), graph.edge_count()), (4, 3));
    assert_eq!((graph.neighbors(0, "e"), graph.incoming(0, "e")), (vec![1, 2], vec![3]));
    assert!(graph.neighbors(0, "other").is_empty());
    assert_eq!(graph.neighbors_where(0, "e", "sum", "2"), [2]);
    assert_eq!((graph.find("n", "number", "3"), graph.property(3, "number")), (vec![3], Some("3")));
    assert!(graph.find("other", "number", "3").is_empty());
}

#[test]
fn a_family_must_be_there_and_columns_need_not() {
    let mut store = WideColumns::new(&[("post", 1)]);
    assert!(store.put("ada", "post:any name at all", 1, "x").is_ok());
    let error = store.put("ada", "posts:1", 1, "x").expect_err("no such family").to_string();
    assert!(error.contains("no column family `posts`; this store has post"), "{error}");
    assert_eq!(store.rows_where("post:any name at all", |value| value == "x"), (vec!["ada"], 1));
}

/// What `gc_grace_seconds` is for.
#[test]
fn a_deletion_that_was_dropped_too_early_lets_the_dead_return() {
    let mut store = WideColumns::new(&[("f", 1)]);
    store.delete("r", "f:c", 10).expect("written");
    let mut patient = store.clone();
    store.compact(11);
    patient.compact(10);
    for store in [&mut store, &mut patient] {
        store.put("r", "f:c", 9, "a write that was under way").expect("written");
    }
    assert_eq!(store.get("r", "f:c"), Some("a write that was under way"));
    assert_eq!(patient.get("r", "f:c"), None);
}
