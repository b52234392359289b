//! Candidate keys.

use std::collections::BTreeSet;

use super::{AttrSet, Fd, closure};

/// All candidate keys of a table with these attributes: the smallest sets that determine all of it.
///
/// From one key the others are found: for a key K and a dependency X → Y, the set X ∪ (K − Y) determines
/// everything too, and contains a key. When no key and no dependency give a new one, all are known.
///
/// # Complexity
///
/// O(k · f · w) closures for k keys, f dependencies and w attributes: polynomial in the *output*. There may
/// be exponentially many keys: n pairs Aᵢ ↔ Bᵢ have 2ⁿ.
///
/// # Examples
///
/// ```
/// use lessons::normalization::{AttrSet, Fd, candidate_keys};
///
/// // Street, city, zip: a street in a city has one zip, a zip lies in one city.
/// let keys = candidate_keys(AttrSet::letters("SCZ"), &[Fd::letters("SC", "Z"), Fd::letters("Z", "C")]);
/// assert_eq!(keys, [AttrSet::letters("CS"), AttrSet::letters("SZ")].into());
/// ```
///
/// # Sources
///
/// C. L. Lucchesi and S. L. Osborn, "Candidate Keys for Relations", Journal of Computer and System Sciences
/// 17(2), 1978, doi:10.1016/0022-0000(78)90009-0.
pub fn candidate_keys(all: AttrSet, fds: &[Fd]) -> BTreeSet<AttrSet> {
    let first = one_key(all, fds);
    let mut keys = BTreeSet::from([first]);
    let mut queue = vec![first];
    while let Some(key) = queue.pop() {
        for fd in fds {
            let determines_all = (fd.lhs & all) | (key - fd.rhs);
            if keys.iter().any(|known| known.is_subset(determines_all)) {
                continue;
            }
            let new = shrink(determines_all, all, fds);
            keys.insert(new);
            queue.push(new);
        }
    }
    keys
}

/// One of the candidate keys.
///
/// # Complexity
///
/// One closure for each attribute.
pub(super) fn one_key(all: AttrSet, fds: &[Fd]) -> AttrSet {
    shrink(all, all, fds)
}

/// A key within a set that determines everything: drops each attribute that is not needed.
fn shrink(set: AttrSet, all: AttrSet, fds: &[Fd]) -> AttrSet {
    set.iter().fold(set, |key, attribute| {
        let smaller = key - AttrSet::one(attribute);
        if all.is_subset(closure(smaller, fds)) { smaller } else { key }
    })
}
