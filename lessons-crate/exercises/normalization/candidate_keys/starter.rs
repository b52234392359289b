/// All candidate keys: the smallest sets that determine every attribute.
fn candidate_keys(all: AttrSet, fds: &[Fd]) -> Vec<AttrSet> {
    // TODO: shrink this to a key, then find the others
    vec![all]
}
