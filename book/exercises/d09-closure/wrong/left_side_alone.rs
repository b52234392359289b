fn closure(x: AttrSet, fds: &[Fd]) -> AttrSet {
    let mut known = x;
    loop {
        let before = known;
        for fd in fds {
            if fd.lhs == known {
                known = known | fd.rhs;
            }
        }
        if known == before {
            return known;
        }
    }
}
