/// All attributes that `x` determines by these dependencies.
fn closure(x: AttrSet, fds: &[Fd]) -> AttrSet {
    let known = x;
    // TODO: add the right side of every dependency whose left side is known
    known
}
