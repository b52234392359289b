use check::replication::atomic_register::*;

fn majority(replicas: &Replicas<'_>) -> usize {
    replicas.len() / 2 + 1
}

/// The newest that a majority knows.
fn newest(replicas: &mut Replicas<'_>) -> Option<Stored> {
    let answers = replicas.query();
    if answers.len() < majority(replicas) {
        return None;
    }
    answers.into_iter().max_by_key(|stored| stored.tag)
}

fn read(replicas: &mut Replicas<'_>) -> Option<u64> {
    let newest = newest(replicas)?;
    // The write-back: whoever asks a majority after this read finds at least this tag.
    let stored = replicas.store(newest);
    (stored >= majority(replicas)).then_some(newest.value)
}

fn write(replicas: &mut Replicas<'_>, value: u64) -> bool {
    let Some(newest) = newest(replicas) else { return false };
    let tag = (newest.tag.0 + 1, replicas.me());
    replicas.store(Stored { tag, value }) >= majority(replicas)
}
