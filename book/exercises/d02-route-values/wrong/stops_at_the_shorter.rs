fn values(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let parts: Vec<&str> = path.split('/').collect();
    for (at, (wanted, segment)) in pattern.split('/').zip(path.split('/')).enumerate() {
        if wanted.starts_with("{*") {
            let rest = parts[at..].join("/");
            return if rest.is_empty() { None } else { values.push(rest); Some(values) };
        } else if wanted.starts_with('{') {
            if segment.is_empty() {
                return None;
            }
            values.push(segment.to_string());
        } else if wanted != segment {
            return None;
        }
    }
    Some(values)
}
