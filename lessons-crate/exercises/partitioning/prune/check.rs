//! Checks which partitions are left for a query.

use std::collections::BTreeSet;

use algorithms::partitioning::{Value, ValueSet};
use algorithms::rng::Rng;

use super::EXERCISE;
use crate::{Comparison, Question, Report, planted};

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

/// Partitions and a predicate in, the numbers of those to read out.
type Answer = fn(&[PartBounds], &Predicate) -> BTreeSet<usize>;
planted!("partitioning/prune");

type Input = (Vec<PartBounds>, Predicate);

const QUESTION: Question<Answer, Input, BTreeSet<usize>> = Question {
    ask: |prune, (parts, predicate)| prune(parts, predicate),
    right: |(parts, predicate)| kept(parts, &predicate.possible(0)),
    // Whoever sees that conditions on another column contradict each other may leave out more.
    accepts: Some(|(parts, predicate), found| {
        needed(parts, predicate).is_subset(found) && found.is_subset(&kept(parts, &predicate.possible(0)))
    }),
    same: |one, other| one == other,
    input: |(parts, predicate)| format!("{} of {parts:?}", show(predicate)),
    output: |numbers| format!("partitions {numbers:?}"),
};

/// January, February, a gap, April, and the rest, in days.
const YEAR: [PartBounds; 4] = [Range(0, 31), Range(31, 59), Range(90, 120), Default];

/// Checks a function that names the partitions, by number, in which a row that passes the predicate can be. Predicates
/// ask of column 0, by which the table is cut, or of another.
pub fn prune(prune: fn(&[PartBounds], &Predicate) -> BTreeSet<usize>) -> Report {
    use Predicate as P;
    Comparison::new(&EXERCISE, &QUESTION, prune, MISTAKES)
        .visible("one day, and a stretch of days", || {
            year([P::equals(0, 40), P::between(0, 20, 40), P::below(0, 31), P::at_least(0, 59)])
        })
        .visible("a condition on another column says nothing", || year([P::Anything, P::equals(1, 40)]))
        .visible("all of several, one of several", || {
            let day = |day| P::equals(0, day);
            year([
                P::at_least(0, 31).and(P::below(0, 59)).and(P::equals(1, 3)),
                day(3).or(day(100)),
                P::one_of(0, [3, 40, 41]),
            ])
        })
        .visible("a function of the column can be true anywhere", || {
            year([P::function(0, |day| day % 7 == 0), P::function(0, |_| true).and(P::equals(0, 40))])
        })
        .hidden("what no range holds is in the default partition", || {
            year([P::equals(0, 70), P::between(0, 50, 100), P::equals(0, -1), P::at_least(0, 120)])
        })
        .hidden("NULL is in the default partition, and passes no comparison", || {
            year([
                P::is_null(0),
                P::is_null(0).or(P::equals(0, 3)),
                P::is_null(0).and(P::equals(0, 3)),
                P::is_null(0).and(P::function(0, |_| true)),
            ])
        })
        .hidden("a contradiction needs no partition", || {
            let all = [P::equals(0, 3).and(P::equals(0, 40)), P::equals(0, 3).and(P::equals(0, 4))];
            year(all.into_iter().chain([P::Or(Vec::new()), P::one_of(0, []), P::between(0, 9, 5)]))
        })
        .hidden("any predicate: no row lost, no partition too many", random)
        .finish()
}

fn year(predicates: impl IntoIterator<Item = Predicate>) -> Vec<Input> {
    predicates.into_iter().map(|predicate| (YEAR.to_vec(), predicate)).collect()
}

/// The partitions that hold one of these values.
fn kept(parts: &[PartBounds], values: &ValueSet) -> BTreeSet<usize> {
    let range = |bounds: &PartBounds| match *bounds {
        Range(from, to) => ValueSet::between(from, to - 1),
        Default => ValueSet::none(),
    };
    let covered = parts.iter().fold(ValueSet::none(), |set, bounds| set.union(&range(bounds)));
    let holds = |part: &usize| match parts[*part] {
        Range(..) => !values.intersection(&range(&parts[*part])).is_empty(),
        Default => !values.is_subset(&covered),
    };
    (0..parts.len()).filter(holds).collect()
}

/// The partitions in which a row can be that passes, whatever functions say: with each value that the other column may
/// have.
fn needed(parts: &[PartBounds], predicate: &Predicate) -> BTreeSet<usize> {
    let values = OTHERS.map(Some).chain([None]).map(|other| possible(predicate, other));
    kept(parts, &values.fold(ValueSet::none(), |all, some| all.union(&some)))
}

/// Values of column 1 that take part in a predicate of the checks, and some that do not.
const OTHERS: std::ops::Range<i64> = -10..60;

/// The values of column 0 with which a row can pass that has this one in column 1.
fn possible(predicate: &Predicate, other: Value) -> ValueSet {
    match predicate {
        Predicate::And(all) => {
            all.iter().fold(ValueSet::all(), |set, part| set.intersection(&possible(part, other)))
        }
        Predicate::Or(any) => {
            any.iter().fold(ValueSet::none(), |set, part| set.union(&possible(part, other)))
        }
        Predicate::Function { column: 1, .. } if other.is_none() => ValueSet::none(),
        Predicate::Between { column: 1, .. }
        | Predicate::In { column: 1, .. }
        | Predicate::IsNull { column: 1 }
            if !predicate.matches(&[None, other]) =>
        {
            ValueSet::none()
        }
        predicate => predicate.possible(0),
    }
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

fn random() -> Vec<Input> {
    let mut rng = Rng::new(11);
    (0..4_000)
        .map(|round| {
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
            (parts, predicate(&mut rng, 1 + round / 1_000))
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use algorithms::partitioning::Holds;

    use super::*;

    /// As the library's own scheme prunes, and neither that nor the least that must be kept loses a row.
    #[test]
    fn the_oracle_is_right() {
        for (parts, predicate) in random() {
            let mut scheme = Scheme::on(0);
            for (number, bounds) in parts.iter().enumerate() {
                let holds = match *bounds {
                    Range(from, to) => Holds::range(from, to),
                    Default => Holds::Default,
                };
                scheme
                    .attach(&number.to_string(), holds, None)
                    .expect("ranges of the exercise do not overlap");
            }
            let pruned: BTreeSet<usize> =
                scheme.prune(&predicate).iter().filter_map(|place| place.parse().ok()).collect();
            let (most, least) =
                ((QUESTION.right)(&(parts.clone(), predicate.clone())), needed(&parts, &predicate));
            assert_eq!(pruned, most, "{}", show(&predicate));
            assert!(least.is_subset(&most), "{}", show(&predicate));
            for value in (-2..34).map(Some).chain([None]) {
                for other in [None, Some(-2), Some(5), Some(30)] {
                    if predicate.matches(&[value, other]) {
                        let place = kept(&parts, &ValueSet::of([value]));
                        assert!(place.is_subset(&least), "{value:?}, {other:?}: {}", show(&predicate));
                    }
                }
            }
        }
    }
}
