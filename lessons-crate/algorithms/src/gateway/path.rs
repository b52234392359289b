//! One spelling for each path.

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// It does not begin with a slash.
    #[error("the path does not begin with /")]
    NoSlash,
    /// It leads above the root.
    #[error("the path leads out of the root")]
    AboveRoot,
    /// A percent sign without two hexadecimal digits.
    #[error("the path has a % that is not followed by two hexadecimal digits")]
    BadEscape,
    /// An escaped slash, backslash or zero byte: the next program may read it as one.
    #[error("the path has an escaped slash, backslash or zero")]
    Ambiguous,
}

/// The path, without its query, in the one spelling that is matched *and passed on*: unreserved letters
/// unescaped, dot segments resolved, double slashes made one.
///
/// A rule for `/admin` is worth nothing when `/x/../admin`, `/%61dmin` or `//admin` goes around it: the gateway
/// and the backend must read the same path. What cannot be spelled clearly is refused. O(length).
///
/// # Sources
///
/// T. Berners-Lee, R. Fielding, L. Masinter, "Uniform Resource Identifier (URI): Generic Syntax", RFC 3986,
/// 2005, sections 5.2.4 and 6.2.2.
///
/// # Errors
///
/// See [`PathError`].
///
/// # Examples
///
/// ```
/// use lessons::gateway::{PathError, clean_path};
///
/// assert_eq!(clean_path("/shop/../%61dmin//users").as_deref(), Ok("/admin/users"));
/// assert_eq!(clean_path("/shop/..%2fadmin"), Err(PathError::Ambiguous));
/// ```
pub fn clean_path(path: &str) -> Result<String, PathError> {
    let unescaped = unescape(path)?;
    let inner = unescaped.strip_prefix('/').ok_or(PathError::NoSlash)?;
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = inner.split('/').peekable();
    let mut is_folder = false;
    while let Some(segment) = segments.next() {
        is_folder = segments.peek().is_none() && matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop().ok_or(PathError::AboveRoot)?),
            other => kept.push(other),
        }
    }
    let mut clean: String = kept.iter().flat_map(|segment| ["/", segment]).collect();
    if is_folder || clean.is_empty() {
        clean.push('/');
    }
    Ok(clean)
}

/// Escapes of letters that need none are undone; others are written in capitals.
fn unescape(path: &str) -> Result<String, PathError> {
    let mut parts = path.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..2).ok_or(PathError::BadEscape)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(PathError::BadEscape);
        }
        let byte = u8::from_str_radix(digits, 16).map_err(|_| PathError::BadEscape)?;
        match byte {
            b'/' | b'\\' | 0 => return Err(PathError::Ambiguous),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte))
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
        text.push_str(&part[2..]);
    }
    if text.contains(['\\', '\0']) {
        return Err(PathError::Ambiguous);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_path_has_one_spelling() {
        for (path, expected) in [
            ("/", Ok("/")),
            ("/a/b/c/./../../g", Ok("/a/g")),
            ("/a/./b/", Ok("/a/b/")),
            ("/a/b/..", Ok("/a/")),
            ("/a/..", Ok("/")),
            ("/%7Euser/%2e%2E/x", Ok("/x")),
            ("//a///b", Ok("/a/b")),
            ("/caf%c3%a9", Ok("/caf%C3%A9")),
            ("/a%20b", Ok("/a%20b")),
            ("", Err(PathError::NoSlash)),
            ("a/b", Err(PathError::NoSlash)),
            ("/..", Err(PathError::AboveRoot)),
            ("/a/../../b", Err(PathError::AboveRoot)),
            ("/a%2Fb", Err(PathError::Ambiguous)),
            ("/a%5cb", Err(PathError::Ambiguous)),
            ("/a\\b", Err(PathError::Ambiguous)),
            ("/a%00", Err(PathError::Ambiguous)),
            ("/a%", Err(PathError::BadEscape)),
            ("/a%2", Err(PathError::BadEscape)),
            ("/a%+1", Err(PathError::BadEscape)),
            ("/a%\u{e9}", Err(PathError::BadEscape)),
        ] {
            assert_eq!(clean_path(path).as_deref(), expected.as_ref().copied(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(path in "(/(\\.|\\.\\.|[a%.]{1,3}|%2e|%61|)){0,6}") {
            if let Ok(clean) = clean_path(&path) {
                prop_assert_eq!(clean_path(&clean), Ok(clean.clone()));
                prop_assert!(clean.starts_with('/') && !clean.contains("//"));
                prop_assert!(!clean.split('/').any(|segment| segment == ".." || segment == "."));
            }
        }
    }
}
