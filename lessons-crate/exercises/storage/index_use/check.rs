//! Checks what an index on several columns can do for a query.

use algorithms::rng::Rng;

use super::{EXERCISE, known};
use crate::{Comparison, Question, Report, planted};

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
type Answer = fn(&[&str], &IndexQuery) -> IndexUse;
planted!("storage/index_use");

type Input = (Vec<&'static str>, IndexQuery);

const QUESTION: Question<Answer, Input, IndexUse> = Question {
    ask: |index_use, (index, query)| index_use(index, query),
    right: |(index, query)| right(index, query),
    accepts: None,
    same: |one, other| one == other,
    input: |(index, query)| describe(index, query),
    output: |u| format!("search_columns: {}, sorted: {}, covers: {}", u.search_columns, u.sorted, u.covers),
};

/// Checks a function that says what an index on several columns does for a query.
pub fn index_use(index_use: fn(&[&str], &IndexQuery) -> IndexUse) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, index_use, MISTAKES)
        .visible("it is searched by its first columns", || {
            vec![
                case(&["a", "b"], &["a"], None, &[], &["a"]),
                case(&["a", "b"], &["b", "a"], None, &[], &["a"]),
                case(&["a", "b"], &["b"], None, &[], &["a"]),
                case(&["a", "b", "c"], &["a", "c"], None, &[], &["a"]),
            ]
        })
        .visible("a range is the last column that narrows the search", || {
            vec![
                case(&["a", "b"], &["a"], Some("b"), &[], &["a"]),
                case(&["a", "b"], &["b"], Some("a"), &[], &["a"]),
                case(&["a", "b", "c"], &["a", "c"], Some("b"), &[], &["a"]),
            ]
        })
        .visible("rows come in the order of its columns", || {
            vec![
                case(&["a", "b"], &[], None, &["a", "b"], &["a"]),
                case(&["a", "b"], &[], None, &["b"], &["a"]),
                case(&["a", "b"], &[], None, &["b", "a"], &["a"]),
                case(&["country", "created"], &["country"], None, &["created"], &["created"]),
            ]
        })
        .visible("it covers a query when it has all of its columns", || {
            vec![
                case(&["a", "b"], &["a"], None, &[], &["b"]),
                case(&["a", "b"], &["a"], None, &[], &["b", "c"]),
                case(&["a", "b"], &["a", "c"], None, &[], &["b"]),
            ]
        })
        .hidden("no condition narrows nothing", || {
            vec![case(&["a", "b"], &[], None, &[], &[]), case(&["a"], &["b"], Some("c"), &["d"], &["e"])]
        })
        .hidden("a column with one value is in every order", || {
            vec![
                case(&["a", "b", "c"], &["b"], None, &["a", "c"], &["a"]),
                case(&["a", "b"], &["b"], None, &["b", "a"], &["a"]),
                case(&["a"], &["b"], None, &["b", "a"], &["a"]),
            ]
        })
        .hidden("it is right for 500 queries", random)
        // Each part of the answer for itself: what is wrong with one says nothing of the others.
        .described(known::AFTER_RANGE, |(index, query), right, found| {
            let leading = index.iter().take_while(|column| has_condition(query, column)).count();
            found.search_columns > right.search_columns && found.search_columns == leading
        })
        .described(known::NOT_A_PREFIX, |(index, query), right, found| {
            let all = index.iter().filter(|column| has_condition(query, column)).count();
            (right.search_columns + 1..=all).contains(&found.search_columns)
        })
        .described(known::LEADING_NOT_COUNTED, |input, _, found| found.search_columns < fixed(input))
        .described(known::RANGE_NOT_COUNTED, |input, right, found| {
            found.search_columns == fixed(input) && right.search_columns > fixed(input)
        })
        .described(known::ORDER_AS_A_SET, |(index, query), right, found| {
            found.sorted && !right.sorted && query.order_by.iter().all(|column| index.contains(column))
        })
        .described(known::NO_ORDER_ASKED, |(_, query), _, found| query.order_by.is_empty() && !found.sorted)
        .described(known::BEGINNING_OF_ORDER, |(index, query), _, found| {
            !found.sorted && index.starts_with(&query.order_by)
        })
        .described(known::EQUALITY_FIXES_ORDER, |(_, query), right, found| {
            right.sorted && !found.sorted && !query.equal.is_empty()
        })
        .described(known::COLUMNS_FORGOTTEN, |_, right, found| found.covers && !right.covers)
        .described(known::MORE_COLUMNS_DO_NO_HARM, |_, right, found| right.covers && !found.covers)
        .finish()
}

/// How many of the first columns must equal a value.
fn fixed((index, query): &Input) -> usize {
    index.iter().take_while(|column| query.equal.contains(column)).count()
}

fn has_condition(query: &IndexQuery, column: &str) -> bool {
    query.equal.contains(&column) || query.range == Some(column)
}

/// Index, equal, range, order by, output.
fn case(
    index: &[&'static str],
    equal: &[&'static str],
    range: Option<&'static str>,
    order_by: &[&'static str],
    output: &[&'static str],
) -> Input {
    let (equal, order_by, output) = (equal.to_vec(), order_by.to_vec(), output.to_vec());
    (index.to_vec(), IndexQuery { equal, range, order_by, output })
}

fn random() -> Vec<Input> {
    let mut rng = Rng::new(35);
    (0..500)
        .map(|_| {
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
            case(&index, &equal, range, &order_by, &output)
        })
        .collect()
}

fn right(index: &[&str], query: &IndexQuery) -> IndexUse {
    let fixed = |column: &str| query.equal.contains(&column);
    let equal = index.iter().take_while(|column| fixed(column)).count();
    let by_range = index.get(equal).is_some_and(|column| query.range == Some(column));
    let rest: Vec<&str> = index.iter().copied().filter(|column| !fixed(column)).collect();
    let wanted: Vec<&str> = query.order_by.iter().copied().filter(|column| !fixed(column)).collect();
    let mut named = query.equal.iter().chain(&query.range).chain(&query.order_by).chain(&query.output);
    IndexUse {
        search_columns: equal + usize::from(by_range),
        sorted: rest.starts_with(&wanted),
        covers: named.all(|column| index.contains(column)),
    }
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
