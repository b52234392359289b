fn closure(x: AttrSet, fds: &[Fd]) -> AttrSet {
    let mut known = x;
    let mut waiting = fds.to_vec();
    while let Some(next) = waiting.iter().position(|fd| fd.lhs.is_subset(known)) {
        known = known | waiting.swap_remove(next).rhs;
    }
    known
}
