use check::http::preconditions::*;

fn evaluate(asked: &Conditions, current: Option<&Version>, method: Method) -> Outcome {
    let is_one = |wanted: &Matching, weakly: bool| match wanted {
        Matching::Any => current.is_some(),
        Matching::Tags(tags) => {
            let Some(own) = current.and_then(|version| version.tag.clone()) else { return false };
            tags.iter().any(|tag| tag.text == own.text && (weakly || !(tag.weak || own.weak)))
        }
    };
    let modified_after = |time: Option<u64>| match (time, current.and_then(|version| version.modified)) {
        (Some(time), Some(modified)) => Some(modified > time),
        _ => None,
    };
    let refused = match &asked.if_match {
        Some(wanted) => !is_one(wanted, false),
        None => modified_after(asked.if_unmodified_since) == Some(true),
    };
    let reads = method == Method::Get || method == Method::Head;
    let known = match &asked.if_none_match {
        Some(wanted) => is_one(wanted, true),
        None => reads && modified_after(asked.if_modified_since) == Some(false),
    };
    match (refused, known, reads) {
        (true, _, _) | (false, true, false) => Outcome::Failed,
        (false, true, true) => Outcome::NotModified,
        _ => Outcome::Proceed,
    }
}
