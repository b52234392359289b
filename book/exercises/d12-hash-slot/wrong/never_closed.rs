fn tag(key: &str) -> &str {
    let Some((_, rest)) = key.split_once('{') else { return key };
    let tag = rest.split('}').next().unwrap_or(rest);
    if tag.is_empty() { key } else { tag }
}
