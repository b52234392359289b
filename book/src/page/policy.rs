//! What a page may load and run: its content security policy.
//!
//! A page runs what is in the book itself, and nothing else. The generated pages hold a few scripts in line;
//! each is allowed by the digest of its text, so a script that an output smuggles in later does not run.

use std::collections::BTreeSet;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::repairs::once;

/// Where the cells of a static page may run: on a server that the reader names. There is no list of these, but
/// they are asked over TLS, or are on the reader's own machine.
const ANY_SERVER: &str =
    "https: wss: http://localhost:* http://127.0.0.1:* ws://localhost:* ws://127.0.0.1:*";

/// The policy of a page with these scripts in line, which may connect to its own origin and to `connect`.
pub fn policy(digests: &BTreeSet<String>, connect: &str) -> String {
    let scripts = digests.iter().fold(String::new(), |scripts, digest| scripts + " 'sha256-" + digest + "'");
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' {connect}; worker-src 'self'; \
         frame-src 'self' blob: data:; object-src 'none'; base-uri 'self'; form-action 'none'"
    )
}

/// Puts the policy into a page, for wherever it is served without one.
///
/// # Errors
///
/// Fails when the page does not say its character set, after which the policy stands, exactly once.
pub(super) fn add(page: &str) -> Result<String> {
    const CHARSET: &str = "<meta charset=\"UTF-8\">";
    let policy = policy(&digests(page.as_bytes()), ANY_SERVER);
    let both =
        format!("{CHARSET}\n        <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
    once(page, "a page carries its policy", CHARSET, &both)
}

/// The digests of the scripts that a page holds itself.
pub fn digests(page: &[u8]) -> BTreeSet<String> {
    inline_scripts(page).map(digest).collect()
}

fn digest(script: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(script))
}

/// The texts of the scripts that a page holds itself. Code in prose does not count: it is escaped.
fn inline_scripts(page: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = page;
    std::iter::from_fn(move || {
        loop {
            let tag = &rest[find(rest, b"<script")? + b"<script".len()..];
            let end = find(tag, b">")?;
            let text = &tag[end + 1..];
            let length = find(text, b"</script")?;
            rest = &text[length..];
            if find(&tag[..end], b"src=").is_none() {
                return Some(&text[..length]);
            }
        }
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_in_line() {
        let page =
            b"<p>&lt;script&gt;no&lt;/script&gt;<script>one</script><SCRIPT type=\"x\">\ntwo\n</SCRIPT>\
            <script src=\"a.js\"></script><script defer></script><script>unfinished";
        let found: Vec<_> = inline_scripts(page).map(|text| String::from_utf8_lossy(text)).collect();
        assert_eq!(found, ["one", "\ntwo\n", ""]);
    }

    #[test]
    fn digest_as_browsers_compute_it() {
        // From the Content Security Policy specification, level 3, section 8.4.
        assert_eq!(digest(b"doSubmit()"), "jzgBGA4UWFFmpOBq0JpdsySukE1FrEN5bUpoK8Z29fY=");
    }

    #[test]
    fn the_policy_stands_before_everything_it_is_for() {
        let text = "<html><head>\n        <meta charset=\"UTF-8\"><script>one</script></head>";
        let page = add(text).expect("a page of mdBook's");
        let policy = page.find("Content-Security-Policy").expect("a policy");
        assert!(policy < page.find("<script").expect("a script"));
        assert!(page.contains(&format!("'sha256-{}'", digest(b"one"))), "{page}");
        assert!(!page.contains("'unsafe-eval'") && page.contains("object-src 'none'"), "{page}");
        let error = add(&text.replace("UTF-8", "utf-8")).expect_err("another markup").to_string();
        assert!(error.contains("carries its policy"), "{error}");
    }
}
