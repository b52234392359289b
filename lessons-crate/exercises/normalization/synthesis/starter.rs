/// Tables in third normal form that keep every dependency and join to the whole.
fn synthesize(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    // TODO: one table for each left side of a minimal cover, and one with a key
    vec![all]
}
