fn closure(x: AttrSet, fds: &[Fd]) -> AttrSet {
    let mut known = x;
    loop {
        let before = known;
        for fd in fds {
            if known.is_subset(fd.lhs) {
                known = known | fd.rhs;
            }
        }
        if known == before {
            return known;
        }
    }
}
