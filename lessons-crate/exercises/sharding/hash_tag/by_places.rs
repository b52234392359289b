fn tag(key: &str) -> &str {
    let bytes = key.as_bytes();
    let Some(open) = bytes.iter().position(|&byte| byte == b'{') else { return key };
    let Some(length) = bytes[open + 1..].iter().position(|&byte| byte == b'}') else { return key };
    if length == 0 { key } else { &key[open + 1..open + 1 + length] }
}
