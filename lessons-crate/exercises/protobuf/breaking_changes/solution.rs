use check::protobuf::breaking_changes::*;

/// Types of one number are read from the same bytes as the same value.
fn family(ty: Type) -> u32 {
    match ty {
        Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 | Type::Bool => 0,
        Type::Sint32 | Type::Sint64 => 1,
        Type::Fixed32 => 2,
        Type::Fixed64 => 3,
        Type::String | Type::Bytes => 4,
        Type::Message => 5,
    }
}

fn breaks(old: &Schema, new: &Schema) -> Vec<Break> {
    let mut found = Vec::new();
    for was in &old.fields {
        match new.fields.iter().find(|is| is.number == was.number) {
            Some(is) if family(is.ty) != family(was.ty) => found.push(Break::Changed(was.number)),
            Some(_) => {}
            None if new.reserved.contains(&was.number) => {}
            None => found.push(Break::NotReserved(was.number)),
        }
    }
    for is in &new.fields {
        if old.reserved.contains(&is.number) {
            found.push(Break::Reused(is.number));
        }
    }
    if old.zero != new.zero {
        found.push(Break::Default);
    }
    found
}
