use check::http::preconditions::*;

/// Whether the current version is one of those that a condition names.
fn matches(wanted: &Matching, current: Option<&Version>, same: fn(&Tag, &Tag) -> bool) -> bool {
    todo!("nothing matches when there is no current version; `Any` matches every other")
}

fn evaluate(asked: &Conditions, current: Option<&Version>, method: Method) -> Outcome {
    // TODO: 1. if_match  2. else if_unmodified_since  3. if_none_match  4. else if_modified_since
    Outcome::Proceed
}
