use check::protobuf::breaking_changes::*;

/// What can go wrong when programs with the old schema and with the new one read each other's bytes.
fn breaks(old: &Schema, new: &Schema) -> Vec<Break> {
    let mut found = Vec::new();
    for was in &old.fields {
        // TODO: the field of the new schema that reads these bytes; or none
    }
    // TODO: numbers that were reserved, and the meaning of 0
    found
}
