//! JSON Pointer: the way to a place in a document.
//!
//! # Sources
//!
//! P. Bryan, K. Zyp, M. Nottingham, "JavaScript Object Notation (JSON) Pointer", RFC 6901, 2013.

/// The steps of a pointer, such as `/todos/0/title`; `~1` stands for a slash, `~0` for a tilde. `None` when it is
/// none.
pub(super) fn steps(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    pointer.strip_prefix('/')?.split('/').map(step).collect()
}

fn step(coded: &str) -> Option<String> {
    let mut parts = coded.split('~');
    let mut step = parts.next()?.to_owned();
    for part in parts {
        let (letter, rest) = match part.as_bytes().first()? {
            b'0' => ('~', &part[1..]),
            b'1' => ('/', &part[1..]),
            _ => return None,
        };
        step.push(letter);
        step.push_str(rest);
    }
    Some(step)
}

/// A step as a place in an array: digits, without a zero in front.
pub(super) fn index(step: &str) -> Option<usize> {
    let digits = step.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (step == "0" || !step.starts_with('0'))).then(|| step.parse().ok()).flatten()
}
