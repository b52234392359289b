/// The values of the pattern's parameters, from left to right, when it fits the path; `None` when it does not.
/// `values("/a/{x}/{*rest}", "/a/1/2/3")` is `Some(["1", "2/3"])`.
fn values(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    for wanted in pattern.split('/') {
        // TODO: is `wanted` literal, `{name}` or `{*name}`? Which segments of `path` belong to it?
    }
    Some(values)
}
