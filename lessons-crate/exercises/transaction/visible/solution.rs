use check::transaction::visible::*;

/// Whether this snapshot shows this version of a row.
fn visible(version: &RowVersion, snapshot: &TakenSnapshot) -> bool {
    let counts = |id: u64| {
        id == snapshot.me
            || (id < snapshot.next && !snapshot.running.contains(&id) && !snapshot.aborted.contains(&id))
    };
    counts(version.created_by) && !version.deleted_by.is_some_and(counts)
}
