use check::partitioning::prune::*;

type Set = partitioning::ValueSet;

/// The ways in which a row can pass: values of column 0, and of column 1.
fn ways(predicate: &Predicate) -> Vec<(Set, Set)> {
    match predicate {
        Predicate::Or(any) => any.iter().flat_map(ways).collect(),
        Predicate::And(all) => all.iter().map(ways).fold(vec![(Set::all(), Set::all())], |done, next| {
            let pairs = done.iter().flat_map(|one| next.iter().map(move |other| (one, other)));
            let both = pairs.map(|(one, other)| (one.0.intersection(&other.0), one.1.intersection(&other.1)));
            both.filter(|(day, other)| !day.is_empty() && !other.is_empty()).collect()
        }),
        one => vec![(one.possible(0), one.possible(1))],
    }
}

fn prune(parts: &[PartBounds], predicate: &Predicate) -> std::collections::BTreeSet<usize> {
    let ways = ways(predicate).into_iter().filter(|(day, other)| !day.is_empty() && !other.is_empty());
    let possible = ways.fold(Set::none(), |all, (day, _)| all.union(&day));
    let range = |part: &PartBounds| match *part {
        PartBounds::Range(from, to) => Set::between(from, to - 1),
        PartBounds::Default => Set::none(),
    };
    let covered = parts.iter().map(range).fold(Set::none(), |a, b| a.union(&b));
    let touched = |&n: &usize| match parts[n] {
        PartBounds::Default => !possible.is_subset(&covered),
        PartBounds::Range(..) => !possible.intersection(&range(&parts[n])).is_empty(),
    };
    (0..parts.len()).filter(touched).collect()
}
