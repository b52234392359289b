fn tag(key: &str) -> &str {
    let Some(end) = key.find('{').and_then(|open| Some(open + key[open..].find('}')?)) else { return key };
    let begin = key[..end].rfind('{').map_or(0, |open| open + 1);
    if begin == end { key } else { &key[begin..end] }
}
