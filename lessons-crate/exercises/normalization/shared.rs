//! What the exercises about dependencies between attributes share.

use algorithms::normalization::{AttrSet, Fd};
use algorithms::rng::Rng;

/// Dependencies among a few attributes, from small to large, the same each time.
pub(crate) fn random_dependencies(count: usize, attributes: usize) -> Vec<Vec<Fd>> {
    let mut rng = Rng::new(9);
    let set = |rng: &mut Rng, largest: u64| -> AttrSet {
        (0..1 + rng.below(largest)).map(|_| rng.index(attributes)).collect()
    };
    (0..count)
        .map(|round| {
            (0..1 + round * 6 / count).map(|_| Fd::new(set(&mut rng, 2), set(&mut rng, 2))).collect()
        })
        .collect()
}

/// Dependencies as a learner would write them down.
pub(crate) fn show(fds: &[Fd]) -> String {
    if fds.is_empty() {
        "no dependency".into()
    } else {
        fds.iter().map(Fd::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// Sets apart by commas.
pub(crate) fn show_sets<'a>(sets: impl IntoIterator<Item = &'a AttrSet>) -> String {
    let sets: Vec<String> = sets.into_iter().map(AttrSet::to_string).collect();
    if sets.is_empty() { "none".into() } else { sets.join(", ") }
}
