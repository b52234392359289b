fn tag(key: &str) -> &str {
    let Some((_, rest)) = key.split_once('{') else { return key };
    match rest.split_once('}') {
        Some((tag, _)) if !tag.is_empty() => tag,
        _ => key,
    }
}
