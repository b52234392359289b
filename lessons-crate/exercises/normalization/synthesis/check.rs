//! Checks tables in third normal form.

use algorithms::normalization::{
    AttrSet, Chase, Fd, NormalForm, Schema, candidate_keys, closure, keeps, project,
};

use super::{EXERCISE, known};
use crate::normalization::shared::{random_dependencies, show, show_sets};
use crate::{Comparison, Question, Report, planted};

/// All attributes and the dependencies in, the tables out.
type Answer = fn(AttrSet, &[Fd]) -> Vec<AttrSet>;
planted!("normalization/synthesis");

type Input = (AttrSet, Vec<Fd>);

const QUESTION: Question<Answer, Input, Vec<AttrSet>> = Question {
    ask: |synthesize, (all, fds)| synthesize(*all, fds),
    right: |input| schema(input).synthesize().parts().to_vec(),
    // There may be several minimal covers, and several keys.
    accepts: Some(|input, tables| {
        is_whole(input, tables)
            && !loses_a_dependency(input, tables)
            && is_third(input, tables)
            && !has_one_inside_another(tables)
            && !splits_a_left_side(input, tables)
            && !has_one_too_many(input, tables)
    }),
    same: |one, other| sorted(one) == sorted(other),
    input: |(all, fds)| format!("synthesize({all}, [{}])", show(fds)),
    output: |tables| show_sets(tables),
};

/// Checks a function that splits a table into third normal form.
pub fn synthesis(synthesize: fn(AttrSet, &[Fd]) -> Vec<AttrSet>) -> Report {
    Comparison::new(&EXERCISE, &QUESTION, synthesize, MISTAKES)
        .visible("order, customer, city (A -> B, B -> C) become AB and BC", || {
            vec![input("ABC", &[("A", "B"), ("B", "C")])]
        })
        .visible(
            "a dependency that follows from others makes no table, and no attribute is where it need not be",
            || {
                vec![
                    input("ABCD", &[("A", "B"), ("B", "C"), ("A", "C"), ("C", "D")]),
                    input("ABCD", &[("A", "D"), ("D", "B"), ("AB", "C")]),
                ]
            },
        )
        .visible("some table has a key of the whole", || {
            vec![input("ABCD", &[("A", "B"), ("C", "D")]), input("ABC", &[("A", "B")]), input("ABC", &[])]
        })
        .hidden("what one left side determines is in one table", || {
            vec![input("ABCD", &[("A", "B"), ("A", "C"), ("A", "D")])]
        })
        .hidden("no table is part of another, and no dependency is lost", || {
            vec![input("ABC", &[("AB", "C"), ("C", "A")])]
        })
        .hidden("no table is there without need", || {
            vec![input("ABCD", &[("A", "B"), ("B", "A"), ("AD", "C")])]
        })
        .hidden("all of that holds for 300 lists of dependencies", || {
            random_dependencies(300, 6).into_iter().map(|fds| (AttrSet::first(6), fds)).collect()
        })
        .described(known::NOT_SPLIT, |(all, _), _, found| found[..] == [*all])
        .described(known::NO_KEY_TABLE, |(all, fds), _, found| {
            !found.iter().any(|table| all.is_subset(closure(*table, fds)))
        })
        .described(known::DEPENDENCY_LOST, |input, _, found| loses_a_dependency(input, found))
        .described(known::NOT_THIRD, |input, _, found| !is_third(input, found))
        .described(known::INSIDE_ANOTHER, |_, _, found| has_one_inside_another(found))
        .described(known::NOT_GROUPED, |input, _, found| splits_a_left_side(input, found))
        .described(known::TABLE_TOO_MANY, |input, _, found| has_one_too_many(input, found))
        .finish()
}

fn input(all: &str, fds: &[(&str, &str)]) -> Input {
    (AttrSet::letters(all), fds.iter().map(|(lhs, rhs)| Fd::letters(lhs, rhs)).collect())
}

/// The library's own word for it.
fn schema((all, fds): &Input) -> Schema {
    let names: Vec<String> = ('A'..='Z').take(all.len()).map(String::from).collect();
    let schema = Schema::new(&names.join(" "), "");
    schema.unwrap_or_else(|error| panic!("{names:?}: {error}")).with(fds.clone())
}

fn sorted(tables: &[AttrSet]) -> Vec<AttrSet> {
    let mut tables = tables.to_vec();
    tables.sort();
    tables
}

/// Whether every attribute is there, and joining gives back what was split.
fn is_whole((all, fds): &Input, tables: &[AttrSet]) -> bool {
    let covered = tables.iter().fold(AttrSet::EMPTY, |covered, table| covered | *table);
    covered == *all && Chase::new(*all, tables, fds).is_lossless()
}

fn loses_a_dependency((_, fds): &Input, tables: &[AttrSet]) -> bool {
    fds.iter().any(|fd| !keeps(tables, fds, *fd))
}

fn is_third(input: &Input, tables: &[AttrSet]) -> bool {
    let split = schema(input).decomposition(tables.to_vec());
    tables.iter().all(|table| split.normal_form(*table) >= NormalForm::Third)
}

fn has_one_inside_another(tables: &[AttrSet]) -> bool {
    tables.iter().enumerate().any(|(number, table)| {
        let others = tables.iter().enumerate().filter(|(other, _)| *other != number);
        others.map(|(_, other)| other).any(|other| table.is_subset(*other))
    })
}

/// Whether two tables have the same key and no other one: what that left side determines is in two places.
fn splits_a_left_side((_, fds): &Input, tables: &[AttrSet]) -> bool {
    let only_key = |table: &AttrSet| {
        let mut keys = candidate_keys(*table, &project(*table, fds)).into_iter();
        keys.next().filter(|_| keys.next().is_none())
    };
    let mut keys: Vec<AttrSet> = tables.iter().filter_map(only_key).collect();
    let count = keys.len();
    keys.sort();
    keys.dedup();
    keys.len() < count
}

/// Whether a table in which nothing depends on anything, which is there for its key, can be left out.
fn has_one_too_many(input: &Input, tables: &[AttrSet]) -> bool {
    (0..tables.len()).any(|number| {
        let mut others = tables.to_vec();
        let table = others.remove(number);
        project(table, &input.1).is_empty() && is_whole(input, &others) && !loses_a_dependency(input, &others)
    })
}
