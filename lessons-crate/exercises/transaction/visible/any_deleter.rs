use check::transaction::visible::*;

/// Whether this snapshot shows this version of a row.
fn visible(version: &RowVersion, snapshot: &TakenSnapshot) -> bool {
    let id = version.created_by;
    let counts = id == snapshot.me
        || (id < snapshot.next && !snapshot.running.contains(&id) && !snapshot.aborted.contains(&id));
    counts && version.deleted_by.is_none()
}
