//! Checks which partitions are left for a query.

use std::collections::BTreeSet;

use algorithms::interrupt::checkpoint;
use algorithms::partitioning::{Holds, Value, ValueSet};
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Checker, Failure, Report};

// The learner's words.
pub use algorithms::partitioning::{Predicate, Scheme};

/// What a partition of the exercise holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartBounds {
    /// From the first, included, to the second, not included.
    Range(i64, i64),
    /// All that no range holds, and NULL.
    Default,
}

use PartBounds::{Default, Range};

type Prune = fn(&[PartBounds], &Predicate) -> BTreeSet<usize>;

/// January, February, a gap, April, and the rest, in days.
const YEAR: [PartBounds; 4] = [Range(0, 31), Range(31, 59), Range(90, 120), Default];

/// Checks a function that names the partitions, by number, in which a row that passes the predicate can be. Predicates
/// ask of column 0, by which the table is cut, or of another.
pub fn prune(prune: fn(&[PartBounds], &Predicate) -> BTreeSet<usize>) -> Report {
    use Predicate as P;
    let each = |prune: Prune, predicates: Vec<P>| {
        predicates.iter().try_for_each(|predicate| expect(prune, &YEAR, predicate))
    };
    Checker::new(&EXERCISE)
        .visible("one day, and a stretch of days", move || {
            each(prune, vec![P::equals(0, 40), P::between(0, 20, 40), P::below(0, 31), P::at_least(0, 59)])
        })
        .visible("a condition on another column says nothing", move || {
            each(prune, vec![P::Anything, P::equals(1, 40)])
        })
        .visible("all of several, one of several", move || {
            let day = |day| P::equals(0, day);
            each(
                prune,
                vec![
                    P::at_least(0, 31).and(P::below(0, 59)).and(P::equals(1, 3)),
                    day(3).or(day(100)),
                    P::one_of(0, [3, 40, 41]),
                ],
            )
        })
        .visible("a function of the column can be true anywhere", move || {
            each(
                prune,
                vec![P::function(0, |day| day % 7 == 0), P::function(0, |_| true).and(P::equals(0, 40))],
            )
        })
        .hidden("what no range holds is in the default partition", move || {
            each(prune, vec![P::equals(0, 70), P::between(0, 50, 100), P::equals(0, -1), P::at_least(0, 120)])
        })
        .hidden("NULL is in the default partition, and passes no comparison", move || {
            each(
                prune,
                vec![P::is_null(0), P::is_null(0).or(P::equals(0, 3)), P::is_null(0).and(P::equals(0, 3))],
            )
        })
        .hidden("a contradiction needs no partition", move || {
            each(
                prune,
                vec![
                    P::equals(0, 3).and(P::equals(0, 40)),
                    P::equals(0, 3).and(P::equals(0, 4)),
                    P::Or(Vec::new()),
                    P::one_of(0, []),
                    P::between(0, 9, 5),
                ],
            )
        })
        .hidden("any predicate: no row lost, no partition too many", move || random(prune))
        .finish()
}

/// A mistake: how the answer comes out with it, its name, and what to say.
struct Mistake {
    answer: fn(&[PartBounds], &Predicate) -> BTreeSet<usize>,
    key: &'static str,
    message: &'static str,
}

const MISTAKES: [Mistake; 8] = [
    Mistake {
        answer: |parts, predicate| kept(parts, &possible(predicate, Wrong::OrMeansBoth)),
        key: "or-as-and",
        message: "For OR a row may pass by either half: the values that are possible are those of one half and those of the other.",
    },
    Mistake {
        answer: |parts, predicate| kept(parts, &possible(predicate, Wrong::AndMeansEither)),
        key: "and-as-or",
        message: "For AND a row must pass both halves: only the values that both allow are possible.",
    },
    Mistake {
        answer: by_partitions,
        key: "partitions-for-values",
        message: "Two conditions can each touch a partition and yet have no value in common: intersect the values, then look which partitions hold one.",
    },
    Mistake {
        answer: |parts, predicate| kept(parts, &possible(predicate, Wrong::FunctionMeansNothing)),
        key: "function-loses-rows",
        message: "Nobody knows for which values the function is true, so every partition can have such a row. (Which is why date_trunc(day) = ... is slow, and day >= ... AND day < ... is not.)",
    },
    Mistake {
        answer: |parts, predicate| kept(parts, &possible(predicate, Wrong::AnyColumn)),
        key: "wrong-column",
        message: "The table is cut by column 0 only: what is asked of another column says nothing of the partition.",
    },
    Mistake {
        answer: |parts, predicate| {
            let values = possible(predicate, Wrong::Nothing);
            (0..parts.len()).filter(|&n| parts[n] != Default && holds(parts, n, &values)).collect()
        },
        key: "default-forgotten",
        message: "Values that no range holds, and NULL, are in the default partition: leave it out only if all possible values are covered by ranges.",
    },
    Mistake {
        answer: |parts, predicate| {
            let values = possible(predicate, Wrong::Nothing);
            (0..parts.len())
                .filter(|&n| if parts[n] == Default { !values.is_empty() } else { holds(parts, n, &values) })
                .collect()
        },
        key: "default-always",
        message: "The default partition can be left out when the ranges cover every possible value: a query for one day need not read it.",
    },
    Mistake {
        answer: |parts, predicate| {
            let values = possible(predicate, Wrong::Nothing);
            let touches = |&n: &usize| match parts[n] {
                Range(from, to) => !values.intersection(&ValueSet::between(from, to)).is_empty(),
                Default => holds(parts, n, &values),
            };
            (0..parts.len()).filter(touches).collect()
        },
        key: "inclusive-upper-bound",
        message: "The upper bound is not in the partition: a query from day 31 on need not read January, which ends before it.",
    },
];

#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Nothing,
    OrMeansBoth,
    AndMeansEither,
    FunctionMeansNothing,
    AnyColumn,
}

/// The values of column 0 with which a row can pass, with a mistake or without.
fn possible(predicate: &Predicate, wrong: Wrong) -> ValueSet {
    let union = |parts: &[Predicate]| {
        parts.iter().fold(ValueSet::none(), |set, part| set.union(&possible(part, wrong)))
    };
    let intersection = |parts: &[Predicate]| {
        parts.iter().fold(ValueSet::all(), |set, part| set.intersection(&possible(part, wrong)))
    };
    match predicate {
        Predicate::Or(parts) if wrong == Wrong::OrMeansBoth => intersection(parts),
        Predicate::Or(parts) => union(parts),
        Predicate::And(parts) if wrong == Wrong::AndMeansEither => union(parts),
        Predicate::And(parts) => intersection(parts),
        Predicate::Function { column: 0, .. } if wrong == Wrong::FunctionMeansNothing => ValueSet::none(),
        Predicate::Between { column: _, first, last } if wrong == Wrong::AnyColumn => {
            ValueSet::between(*first, *last)
        }
        Predicate::In { column: _, values } if wrong == Wrong::AnyColumn => {
            ValueSet::of(values.iter().copied().map(Some))
        }
        other => other.possible(0),
    }
}

fn holds(parts: &[PartBounds], part: usize, values: &ValueSet) -> bool {
    let range = |bounds: &PartBounds| match *bounds {
        Range(from, to) => ValueSet::between(from, to - 1),
        Default => ValueSet::none(),
    };
    match parts[part] {
        Range(..) => !values.intersection(&range(&parts[part])).is_empty(),
        Default => {
            let covered = parts.iter().fold(ValueSet::none(), |set, bounds| set.union(&range(bounds)));
            !values.is_subset(&covered)
        }
    }
}

fn kept(parts: &[PartBounds], values: &ValueSet) -> BTreeSet<usize> {
    (0..parts.len()).filter(|&part| holds(parts, part, values)).collect()
}

/// AND and OR of partitions instead of values.
fn by_partitions(parts: &[PartBounds], predicate: &Predicate) -> BTreeSet<usize> {
    match predicate {
        Predicate::Or(any) => any.iter().flat_map(|part| by_partitions(parts, part)).collect(),
        Predicate::And(all) => all.iter().fold((0..parts.len()).collect(), |kept, part| {
            kept.intersection(&by_partitions(parts, part)).copied().collect()
        }),
        other => kept(parts, &other.possible(0)),
    }
}

fn expect(prune: Prune, parts: &[PartBounds], predicate: &Predicate) -> Result<(), Failure> {
    let (expected, found) = (right(parts, predicate), prune(parts, predicate));
    if found == expected {
        return Ok(());
    }
    let known = MISTAKES.iter().find(|mistake| (mistake.answer)(parts, predicate) == found);
    Err(Failure::new(format!("partitions {expected:?}"), format!("partitions {found:?}"))
        .input(format!("{} of {parts:?}", show(predicate)))
        .maybe_diagnosis(known.map(|mistake| (mistake.key, mistake.message.to_owned()))))
}

/// What the library's own scheme keeps.
fn right(parts: &[PartBounds], predicate: &Predicate) -> BTreeSet<usize> {
    let mut scheme = Scheme::on(0);
    for (number, bounds) in parts.iter().enumerate() {
        let holds = match *bounds {
            Range(from, to) => Holds::range(from, to),
            Default => Holds::Default,
        };
        scheme.attach(&number.to_string(), holds, None).expect("ranges of the exercise do not overlap");
    }
    scheme.prune(predicate).iter().filter_map(|place| place.parse().ok()).collect()
}

/// The predicate as SQL would write it.
fn show(predicate: &Predicate) -> String {
    let column = |column: usize| if column == 0 { "day".to_owned() } else { format!("column {column}") };
    let join = |parts: &[Predicate], word: &str, empty: &str| match parts {
        [] => empty.to_owned(),
        parts => format!("({})", parts.iter().map(show).collect::<Vec<_>>().join(word)),
    };
    match predicate {
        Predicate::Anything => "true".to_owned(),
        Predicate::Between { column: c, first, last } if first == last => format!("{} = {first}", column(*c)),
        Predicate::Between { column: c, first: i64::MIN, last } => format!("{} <= {last}", column(*c)),
        Predicate::Between { column: c, first, last: i64::MAX } => format!("{} >= {first}", column(*c)),
        Predicate::Between { column: c, first, last } => {
            format!("{} BETWEEN {first} AND {last}", column(*c))
        }
        Predicate::In { column: c, values } => format!("{} IN {values:?}", column(*c)),
        Predicate::IsNull { column: c } => format!("{} IS NULL", column(*c)),
        Predicate::Function { column: c, .. } => format!("f({})", column(*c)),
        Predicate::And(all) => join(all, " AND ", "true"),
        Predicate::Or(any) => join(any, " OR ", "false"),
    }
}

fn random(prune: Prune) -> Result<(), Failure> {
    let mut rng = Rng::new(11);
    for round in 0..4_000 {
        checkpoint();
        let mut bounds: Vec<i64> = (0..2 + round % 5).map(|_| rng.below(30).cast_signed()).collect();
        bounds.sort_unstable();
        bounds.dedup();
        // Some months are missing.
        let pairs = bounds.windows(2).filter(|_| !rng.chance(0.25));
        let mut parts: Vec<PartBounds> = pairs.map(|pair| Range(pair[0], pair[1])).collect();
        if rng.chance(0.5) {
            parts.push(Default);
        }
        rng.shuffle(&mut parts);
        let predicate = predicate(&mut rng, 1 + round / 1_000);
        expect(prune, &parts, &predicate)?;
        // The oracle is not trusted blindly: where a row that passes is, it must be kept.
        let found = prune(&parts, &predicate);
        for value in (-2..34).map(Some).chain([None]) {
            let passes = predicate.matches(&[value, Some(5)]);
            if let Some(place) = place(&parts, value).filter(|place| passes && !found.contains(place)) {
                return Err(Failure::new(
                    format!("partition {place}, which has such a row"),
                    "it is left out",
                )
                .input(format!("{} of {parts:?}", show(&predicate))));
            }
        }
    }
    Ok(())
}

fn place(parts: &[PartBounds], value: Value) -> Option<usize> {
    let range = parts.iter().position(|bounds| match *bounds {
        Range(from, to) => value.is_some_and(|value| from <= value && value < to),
        Default => false,
    });
    range.or_else(|| parts.iter().position(|bounds| *bounds == Default))
}

fn predicate(rng: &mut Rng, depth: usize) -> Predicate {
    let column = usize::from(rng.chance(0.2));
    let value = rng.below(34).cast_signed() - 2;
    let kinds = if depth > 1 { 9 } else { 6 };
    match rng.index(kinds) {
        0 => Predicate::equals(column, value),
        1 => Predicate::between(column, value, value + rng.below(12).cast_signed() - 1),
        2 => Predicate::one_of(column, (0..rng.below(3)).map(|step| value + 5 * step.cast_signed())),
        3 => Predicate::at_least(column, value),
        4 => Predicate::below(column, value),
        5 if rng.chance(0.5) => Predicate::is_null(column),
        5 => Predicate::function(column, |value| value % 3 == 0),
        kind => {
            let parts = (0..1 + rng.index(3)).map(|_| predicate(rng, depth - 1)).collect();
            if kind < 8 { Predicate::And(parts) } else { Predicate::Or(parts) }
        }
    }
}
