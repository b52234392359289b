/// The values of the pattern's parameters, from left to right, when it fits the path; `None` when it does not.
fn values(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut segments = path.split('/');
    let mut values = Vec::new();
    for wanted in pattern.split('/') {
        let segment = segments.next()?;
        if wanted.starts_with("{*") {
            let rest: Vec<&str> = std::iter::once(segment).chain(segments).collect();
            let rest = rest.join("/");
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
    segments.next().is_none().then_some(values)
}
