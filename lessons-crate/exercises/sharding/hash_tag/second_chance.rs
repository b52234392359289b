fn tag(key: &str) -> &str {
    let mut rest = key;
    while let Some((_, after)) = rest.split_once('{') {
        match after.split_once('}') {
            Some(("", more)) => rest = more,
            Some((tag, _)) => return tag,
            None => return key,
        }
    }
    key
}
