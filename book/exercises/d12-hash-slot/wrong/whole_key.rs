fn tag(key: &str) -> &str {
    key
}
