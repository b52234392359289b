//! What a set of attributes determines.

use super::{AttrSet, Fd};

/// All attributes that X determines by the dependencies: its closure X⁺.
///
/// Each dependency counts the attributes of its left side that are still unknown. An attribute that becomes
/// known is looked up once, in the dependencies that wait for it; a count that reaches 0 makes the right side
/// known.
///
/// # Complexity
///
/// O(size of the dependencies): each attribute of each left side is counted down once.
///
/// # Examples
///
/// ```
/// use lessons::normalization::{AttrSet, Fd, closure};
///
/// let fds = [Fd::letters("B", "C"), Fd::letters("A", "B")];
/// assert_eq!(closure(AttrSet::letters("A"), &fds), AttrSet::letters("ABC"));
/// ```
///
/// # Sources
///
/// C. Beeri and P. A. Bernstein, "Computational Problems Related to the Design of Normal Form Relational
/// Schemas", ACM TODS 4(1), 1979, doi:10.1145/320064.320066.
pub fn closure(x: AttrSet, fds: &[Fd]) -> AttrSet {
    let mut unknown: Vec<usize> = fds.iter().map(|fd| fd.lhs.len()).collect();
    let mut waiting: [Vec<usize>; AttrSet::MAX] = [const { Vec::new() }; AttrSet::MAX];
    let mut known = x;
    for (number, fd) in fds.iter().enumerate() {
        fd.lhs.iter().for_each(|attribute| waiting[attribute].push(number));
        if fd.lhs.is_empty() {
            known = known | fd.rhs;
        }
    }
    let mut queue: Vec<usize> = known.iter().collect();
    while let Some(attribute) = queue.pop() {
        for &number in &waiting[attribute] {
            unknown[number] -= 1;
            if unknown[number] == 0 {
                queue.extend((fds[number].rhs - known).iter());
                known = known | fds[number].rhs;
            }
        }
    }
    known
}

/// The closure by the textbook's loop, and how many dependencies it looked at: pass over all of them until a
/// pass adds nothing.
///
/// # Complexity
///
/// O(f²) for f dependencies: in the worst order each pass adds one attribute.
pub fn closure_by_passes(x: AttrSet, fds: &[Fd]) -> (AttrSet, usize) {
    let mut known = x;
    let mut looked_at = 0;
    loop {
        let before = known;
        for fd in fds {
            looked_at += 1;
            if fd.lhs.is_subset(known) {
                known = known | fd.rhs;
            }
        }
        if known == before {
            return (known, looked_at);
        }
    }
}

/// Whether a dependency follows from others.
///
/// # Complexity
///
/// That of [`closure`].
pub fn implies(fds: &[Fd], fd: Fd) -> bool {
    fd.rhs.is_subset(closure(fd.lhs, fds))
}

/// Whether two lists of dependencies say the same.
///
/// # Complexity
///
/// One [`closure`] for each dependency of either.
pub fn equivalent(one: &[Fd], other: &[Fd]) -> bool {
    one.iter().all(|fd| implies(other, *fd)) && other.iter().all(|fd| implies(one, *fd))
}
