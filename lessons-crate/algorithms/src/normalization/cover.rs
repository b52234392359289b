//! The same dependencies in the fewest words.

use super::{AttrSet, Fd, implies};

/// A minimal cover: equivalent dependencies with one attribute on each right side, no attribute too many on
/// a left side, and none that follows from the others. Sorted, so that the same dependencies give the same
/// cover.
///
/// # Complexity
///
/// O(n²) for dependencies of total size n: a closure for each attribute of a left side and for each
/// dependency.
///
/// # Examples
///
/// ```
/// use lessons::normalization::{Fd, minimal_cover};
///
/// let cover = minimal_cover(&[Fd::letters("A", "BC"), Fd::letters("B", "C"), Fd::letters("AB", "D")]);
/// assert_eq!(cover, [Fd::letters("A", "B"), Fd::letters("A", "D"), Fd::letters("B", "C")]);
/// ```
///
/// # Sources
///
/// D. Maier, "Minimum Covers in Relational Database Model", Journal of the ACM 27(4), 1980,
/// doi:10.1145/322217.322223. (The canonical cover here is not always of the *minimum* size, which Maier
/// shows to be harder for the left sides.)
pub fn minimal_cover(fds: &[Fd]) -> Vec<Fd> {
    let single = |fd: &Fd| {
        let lhs = fd.lhs;
        (fd.rhs - lhs).iter().map(move |attribute| Fd::new(lhs, AttrSet::one(attribute)))
    };
    let mut cover: Vec<Fd> = fds.iter().flat_map(single).collect();
    for number in 0..cover.len() {
        for attribute in cover[number].lhs.iter() {
            let shorter = Fd::new(cover[number].lhs - AttrSet::one(attribute), cover[number].rhs);
            if implies(&cover, shorter) {
                cover[number] = shorter;
            }
        }
    }
    cover.sort();
    cover.dedup();
    let mut number = cover.len();
    while number > 0 {
        number -= 1;
        let fd = cover.remove(number);
        if !implies(&cover, fd) {
            cover.insert(number, fd);
        }
    }
    cover
}
