//! Dependencies seen from a part of the table.

use super::{AttrSet, Fd, closure, minimal_cover};

/// The dependencies that hold within a part: a minimal cover of all X → Y that follow and have both sides in it.
///
/// # Complexity
///
/// O(2ʷ) closures for a part of w attributes: no better is known, because the answer itself can be that long
/// (P. C. Fischer, J. H. Jou and D.-M. Tsou, "Succinctness in Dependency Systems", Theoretical Computer
/// Science 24, 1983).
///
/// # Examples
///
/// ```
/// use lessons::normalization::{AttrSet, Fd, project};
///
/// let fds = [Fd::letters("A", "B"), Fd::letters("B", "C")];
/// assert_eq!(project(AttrSet::letters("AC"), &fds), [Fd::letters("A", "C")]);
/// ```
pub fn project(part: AttrSet, fds: &[Fd]) -> Vec<Fd> {
    let seen = |x: AttrSet| Fd::new(x, (closure(x, fds) & part) - x);
    let within: Vec<Fd> = part.subsets().map(seen).filter(|fd| !fd.is_trivial()).collect();
    minimal_cover(&within)
}

/// Whether a dependency can be checked within the parts, without joining them: whether it follows from what
/// the parts see.
///
/// # Complexity
///
/// Polynomial, unlike [`project`]: the closure is grown through one part at a time.
///
/// # Sources
///
/// C. Beeri and P. Honeyman, "Preserving Functional Dependencies", SIAM Journal on Computing 10(3), 1981.
pub fn keeps(parts: &[AttrSet], fds: &[Fd], fd: Fd) -> bool {
    let mut known = fd.lhs;
    loop {
        let grown = parts.iter().fold(known, |known, part| known | (closure(known & *part, fds) & *part));
        if grown == known {
            return fd.rhs.is_subset(known);
        }
        known = grown;
    }
}
