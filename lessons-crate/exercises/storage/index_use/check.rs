//! Checks what an index on several columns can do for a query.

use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

/// What a query says of its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexQuery {
    /// Columns that must equal a value.
    pub equal: Vec<&'static str>,
    /// A column that must lie in a range.
    pub range: Option<&'static str>,
    /// The order that is asked for, first column first.
    pub order_by: Vec<&'static str>,
    /// Columns that are given out.
    pub output: Vec<&'static str>,
}

/// What an index does for a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexUse {
    /// How many of its columns, from the first, narrow the part of the index that is read.
    pub search_columns: usize,
    /// Whether the rows come out of it in the order asked for.
    pub sorted: bool,
    /// Whether it has every column that the query names, so that the table is not needed.
    pub covers: bool,
}

/// Columns of an index in, a query, what the index does for it out.
type Use = fn(&[&str], &IndexQuery) -> IndexUse;

/// Checks a function that says what an index on several columns does for a query.
pub fn index_use(index_use: fn(&[&str], &IndexQuery) -> IndexUse) -> Report {
    let check = move |cases: &'static [Case]| {
        move || {
            cases.iter().try_for_each(|(index, equal, range, order_by, output)| {
                compare(index_use, index, &query(equal, *range, order_by, output))
            })
        }
    };
    Checker::new(&EXERCISE)
        .visible(
            "it is searched by its first columns",
            check(&[
                (&["a", "b"], &["a"], None, &[], &["a"]),
                (&["a", "b"], &["b", "a"], None, &[], &["a"]),
                (&["a", "b"], &["b"], None, &[], &["a"]),
                (&["a", "b", "c"], &["a", "c"], None, &[], &["a"]),
            ]),
        )
        .visible(
            "a range is the last column that narrows the search",
            check(&[
                (&["a", "b"], &["a"], Some("b"), &[], &["a"]),
                (&["a", "b"], &["b"], Some("a"), &[], &["a"]),
                (&["a", "b", "c"], &["a", "c"], Some("b"), &[], &["a"]),
            ]),
        )
        .visible(
            "rows come in the order of its columns",
            check(&[
                (&["a", "b"], &[], None, &["a", "b"], &["a"]),
                (&["a", "b"], &[], None, &["b"], &["a"]),
                (&["a", "b"], &[], None, &["b", "a"], &["a"]),
                (&["country", "created"], &["country"], None, &["created"], &["created"]),
            ]),
        )
        .visible(
            "it covers a query when it has all of its columns",
            check(&[
                (&["a", "b"], &["a"], None, &[], &["b"]),
                (&["a", "b"], &["a"], None, &[], &["b", "c"]),
                (&["a", "b"], &["a", "c"], None, &[], &["b"]),
            ]),
        )
        .hidden(
            "no condition narrows nothing",
            check(&[(&["a", "b"], &[], None, &[], &[]), (&["a"], &["b"], Some("c"), &["d"], &["e"])]),
        )
        .hidden(
            "a column with one value is in every order",
            check(&[
                (&["a", "b", "c"], &["b"], None, &["a", "c"], &["a"]),
                (&["a", "b"], &["b"], None, &["b", "a"], &["a"]),
            ]),
        )
        .hidden("it is right for 500 queries", move || random(index_use))
        .finish()
}

/// Index, equal, range, order by, output.
type Case = (
    &'static [&'static str],
    &'static [&'static str],
    Option<&'static str>,
    &'static [&'static str],
    &'static [&'static str],
);

fn query(
    equal: &[&'static str],
    range: Option<&'static str>,
    order_by: &[&'static str],
    output: &[&'static str],
) -> IndexQuery {
    IndexQuery { equal: equal.to_vec(), range, order_by: order_by.to_vec(), output: output.to_vec() }
}

fn random(index_use: Use) -> Result<(), Failure> {
    let mut rng = Rng::new(35);
    (0..500).try_for_each(|_| {
        let mut some = |least: usize, most: usize| {
            let mut columns = vec!["a", "b", "c", "d"];
            rng.shuffle(&mut columns);
            let count = least + rng.index(most - least + 1);
            columns.truncate(count);
            columns
        };
        let (index, equal, order_by, output, other) =
            (some(1, 4), some(0, 2), some(0, 2), some(0, 2), some(0, 1));
        let range = other.first().copied().filter(|column| !equal.contains(column));
        compare(index_use, &index, &query(&equal, range, &order_by, &output))
    })
}

fn right(index: &[&str], query: &IndexQuery) -> IndexUse {
    let fixed = |column: &str| query.equal.contains(&column);
    let equal = index.iter().take_while(|column| fixed(column)).count();
    let by_range = index.get(equal).is_some_and(|column| query.range == Some(column));
    let rest: Vec<&str> = index.iter().copied().filter(|column| !fixed(column)).collect();
    let wanted: Vec<&str> = query.order_by.iter().copied().filter(|column| !fixed(column)).collect();
    IndexUse {
        search_columns: equal + usize::from(by_range),
        sorted: rest.starts_with(&wanted),
        covers: columns(query).all(|column| index.contains(&column)),
    }
}

/// Every column that a query names.
fn columns(query: &IndexQuery) -> impl Iterator<Item = &'static str> + '_ {
    query.equal.iter().chain(&query.range).chain(&query.order_by).chain(&query.output).copied()
}

fn compare(index_use: Use, index: &[&str], query: &IndexQuery) -> Result<(), Failure> {
    let (expected, found) = (right(index, query), index_use(index, query));
    if found == expected {
        return Ok(());
    }
    let show = |u: IndexUse| {
        format!("search_columns: {}, sorted: {}, covers: {}", u.search_columns, u.sorted, u.covers)
    };
    Err(Failure::new(show(expected), show(found))
        .input(describe(index, query))
        .maybe_diagnosis(diagnose(index, query, expected, found)))
}

/// An index and a query as one would say them.
fn describe(index: &[&str], query: &IndexQuery) -> String {
    let mut conditions: Vec<String> = query.equal.iter().map(|column| format!("{column} = ?")).collect();
    conditions.extend(query.range.map(|column| format!("{column} > ?")));
    let mut text = format!("index ({}), SELECT {}", index.join(", "), query.output.join(", "));
    if !conditions.is_empty() {
        text += &format!(" WHERE {}", conditions.join(" AND "));
    }
    if !query.order_by.is_empty() {
        text += &format!(" ORDER BY {}", query.order_by.join(", "));
    }
    text
}

fn diagnose(
    index: &[&str],
    query: &IndexQuery,
    expected: IndexUse,
    found: IndexUse,
) -> Option<(&'static str, String)> {
    let fixed = |column: &&str| query.equal.contains(column);
    let equal = index.iter().take_while(|column| fixed(column)).count();
    let is_range = |column: &&str| query.range == Some(*column);
    let (key, message) = if found.search_columns > expected.search_columns {
        let leading = index.iter().take_while(|column| fixed(column) || is_range(column)).count();
        if found.search_columns == leading {
            (
                "after-range",
                "Behind a range the rest is not in one place: within `a > 5` the entries with `b = 3` are scattered over all values of a. The range is the last column that narrows.",
            )
        } else {
            (
                "not-a-prefix",
                "A condition on a later column does not narrow the search when an earlier one is free: think of a phone book, sorted by last name and then first name, and look for everyone called Ada.",
            )
        }
    } else if found.search_columns < equal {
        (
            "leading-not-counted",
            "Every column of the index that must equal a value narrows the search, from the first up to the first one that need not, in whatever order the query names them.",
        )
    } else if found.search_columns < expected.search_columns && found.search_columns == equal {
        (
            "range-not-counted",
            "A range right behind the columns that are fixed narrows the search too: its entries lie side by side.",
        )
    } else if found.sorted && !expected.sorted {
        (
            "order-as-a-set",
            "Order has a direction from the first column on: entries sorted by (a, b) are not sorted by b, nor by (b, a).",
        )
    } else if !found.sorted && expected.sorted && query.order_by.is_empty() {
        ("no-order-asked", "No order is asked for, so that any order will do: `sorted` is true.")
    } else if !found.sorted && expected.sorted && index.starts_with(&query.order_by) {
        (
            "beginning-of-order",
            "Entries sorted by (a, b, c) are sorted by a, and by (a, b): the order asked for need only be the beginning of the index's.",
        )
    } else if !found.sorted && expected.sorted {
        (
            "equality-fixes-order",
            "A column that must equal one value is the same in every row found, so it can be left out of both orders before they are compared.",
        )
    } else if found.covers && !expected.covers {
        (
            "columns-forgotten",
            "To do without the table, the index must have every column that the query names: in the conditions, in the order, and in what it gives out.",
        )
    } else if !found.covers && expected.covers {
        (
            "more-columns-do-no-harm",
            "The index has every column that the query names, and that is enough: it may have others, and they may stand in any order.",
        )
    } else {
        return None;
    };
    Some((key, message.to_owned()))
}
