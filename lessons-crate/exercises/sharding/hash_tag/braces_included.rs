fn tag(key: &str) -> &str {
    let Some(open) = key.find('{') else { return key };
    match key[open..].find('}') {
        Some(length) if length > 1 => &key[open..=open + length],
        _ => key,
    }
}
