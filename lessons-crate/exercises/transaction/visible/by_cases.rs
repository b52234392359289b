use check::transaction::visible::*;

fn committed(id: u64, snapshot: &TakenSnapshot) -> bool {
    if id >= snapshot.next {
        return false;
    }
    !snapshot.running.union(&snapshot.aborted).any(|other| *other == id)
}

fn visible(version: &RowVersion, snapshot: &TakenSnapshot) -> bool {
    if version.created_by != snapshot.me && !committed(version.created_by, snapshot) {
        return false;
    }
    match version.deleted_by {
        None => true,
        Some(id) if id == snapshot.me => false,
        Some(id) => !committed(id, snapshot),
    }
}
