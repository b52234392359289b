use check::transaction::visible::*;

/// Whether this snapshot shows this version of a row.
fn visible(version: &RowVersion, snapshot: &TakenSnapshot) -> bool {
    todo!("did the creator commit before the snapshot was taken, and the deleter not?")
}
