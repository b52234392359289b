fn closure(x: AttrSet, fds: &[Fd]) -> AttrSet {
    let mut known = x;
    for _ in 0..2 {
        for fd in fds {
            if fd.lhs.is_subset(known) {
                known = known | fd.rhs;
            }
        }
    }
    known
}
