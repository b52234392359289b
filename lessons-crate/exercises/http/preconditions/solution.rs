use check::http::preconditions::*;

fn strong(one: &Tag, other: &Tag) -> bool {
    !one.weak && !other.weak && one.text == other.text
}

fn weak(one: &Tag, other: &Tag) -> bool {
    one.text == other.text
}

fn matches(wanted: &Matching, current: Option<&Version>, same: fn(&Tag, &Tag) -> bool) -> bool {
    match (wanted, current) {
        (_, None) => false,
        (Matching::Any, Some(_)) => true,
        (Matching::Tags(tags), Some(now)) => {
            now.tag.as_ref().is_some_and(|own| tags.iter().any(|tag| same(tag, own)))
        }
    }
}

fn evaluate(asked: &Conditions, current: Option<&Version>, method: Method) -> Outcome {
    let reads = matches!(method, Method::Get | Method::Head);
    let modified = current.and_then(|now| now.modified);
    if let Some(wanted) = &asked.if_match {
        if !matches(wanted, current, strong) {
            return Outcome::Failed;
        }
    } else if let (Some(since), Some(modified)) = (asked.if_unmodified_since, modified) {
        if modified > since {
            return Outcome::Failed;
        }
    }
    if let Some(wanted) = &asked.if_none_match {
        if matches(wanted, current, weak) {
            return if reads { Outcome::NotModified } else { Outcome::Failed };
        }
    } else if let (true, Some(since), Some(modified)) = (reads, asked.if_modified_since, modified) {
        if modified <= since {
            return Outcome::NotModified;
        }
    }
    Outcome::Proceed
}
