use check::transaction::visible::*;

/// Whether this snapshot shows this version of a row.
fn visible(version: &RowVersion, snapshot: &TakenSnapshot) -> bool {
    let ended = |id: u64| id == snapshot.me || (id < snapshot.next && !snapshot.running.contains(&id));
    let created = ended(version.created_by) && !snapshot.aborted.contains(&version.created_by);
    created && !version.deleted_by.is_some_and(ended)
}
