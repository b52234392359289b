use check::partitioning::prune::*;

type Set = partitioning::ValueSet;

fn possible(predicate: &Predicate) -> Set {
    match predicate {
        Predicate::Between { column: 0, first, last } => Set::between(*first, *last),
        Predicate::In { column: 0, values } => Set::of(values.iter().copied().map(Some)),
        Predicate::IsNull { column: 0 } => Set::null(),
        Predicate::Function { column: 0, .. } => Set::between(i64::MIN, i64::MAX),
        Predicate::And(all) => all.iter().map(possible).fold(Set::all(), |a, b| a.intersection(&b)),
        Predicate::Or(any) => any.iter().map(possible).fold(Set::none(), |a, b| a.union(&b)),
        _ => Set::all(),
    }
}

fn prune(parts: &[PartBounds], predicate: &Predicate) -> std::collections::BTreeSet<usize> {
    let possible = possible(predicate);
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
