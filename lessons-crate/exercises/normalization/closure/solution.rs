/// All attributes that `x` determines by these dependencies.
fn closure(x: AttrSet, fds: &[Fd]) -> AttrSet {
    let mut known = x;
    loop {
        let before = known;
        for fd in fds {
            if fd.lhs.is_subset(known) {
                known = known | fd.rhs;
            }
        }
        if known == before {
            return known;
        }
    }
}
