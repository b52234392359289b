use check::replication::atomic_register::*;

/// The value of the register, or `None` when too few replicas are in reach.
///
/// `replicas.query()` asks all of them, and returns a `Vec<Stored>` of the answers that came.
/// `replicas.store(stored)` sends it to all of them, and returns how many have acknowledged it.
fn read(replicas: &mut Replicas<'_>) -> Option<u64> {
    todo!("ask, choose the newest, and make sure that it cannot disappear")
}

/// Sets the value; false when too few replicas are in reach.
fn write(replicas: &mut Replicas<'_>, value: u64) -> bool {
    // Store a `Stored { tag: (counter, replicas.me()), value }`.
    todo!("ask for the greatest tag, and store with a greater one")
}
