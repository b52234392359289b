//! The built book as files.

use std::collections::BTreeSet;
use std::path::Path;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{self, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use tower_http::services::{ServeDir, ServeFile};

/// No page of the book comes near this size, in bytes.
const PAGE_MAX: usize = 64 << 20;

/// Serves the folder `site`, with its own `404.html` for what is not there.
pub(super) fn service(site: &Path) -> Router {
    let files = ServeDir::new(site).not_found_service(ServeFile::new(site.join("404.html")));
    Router::new().fallback_service(files).layer(middleware::from_fn(add_policy))
}

/// Lets a page load and run what is in the book itself, and nothing else.
///
/// The generated pages hold a few scripts in line. Each is allowed by the digest of its text, so a script
/// that an output smuggles in later does not run.
async fn add_policy(request: Request, next: Next) -> Response<Body> {
    // Access was given to names of this machine only. Not every browser counts WebSockets to 'self'.
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let socket = format!("ws://{host}");
    let response = next.run(request).await;
    let (mut parts, body) = response.into_parts();
    // The book is built again and again: browsers keep files, but ask whether they are still current.
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if parts.status == StatusCode::NOT_MODIFIED {
        // The browser keeps the policy that came with the page.
        return Response::from_parts(parts, body);
    }
    if parts.status == StatusCode::NOT_FOUND && parts.headers.get(header::CONTENT_TYPE).is_none() {
        let page = Html(
            "<!doctype html><title>Not found</title><p>There is no such page. <a href=\"/\">Start</a></p>",
        );
        let mut response = (StatusCode::NOT_FOUND, page).into_response();
        set_policy(&mut response, &socket, &BTreeSet::new());
        return response;
    }
    let is_page =
        parts.headers.get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    let (body, digests) = if is_page {
        match to_bytes(body, PAGE_MAX).await {
            Ok(page) => {
                let digests = inline_scripts(&page).map(digest).collect();
                (Body::from(page), digests)
            }
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    } else {
        (body, BTreeSet::new())
    };
    let mut response = Response::from_parts(parts, body);
    set_policy(&mut response, &socket, &digests);
    response
}

fn set_policy(response: &mut Response<Body>, socket: &str, digests: &BTreeSet<String>) {
    let scripts = digests.iter().fold(String::new(), |scripts, digest| scripts + " 'sha256-" + digest + "'");
    let policy = format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' {socket}; worker-src 'self' blob:; \
         frame-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
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
}
