//! The built book as files.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderValue};
use axum::http::{Response, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _};
use book::page::policy;
use tower_http::services::{ServeDir, ServeFile};

/// No page of the book comes near this size, in bytes.
const PAGE_MAX: usize = 64 << 20;

/// Serves the folder `site`, with its own `404.html` for what is not there. Its pages may also talk to the
/// Jupyter Servers at the addresses `jupyter`.
pub(super) fn service(site: &Path, jupyter: &[String]) -> Router {
    let files = ServeDir::new(site).not_found_service(ServeFile::new(site.join("404.html")));
    let connect: Arc<str> = jupyter
        .iter()
        .flat_map(|origin| [format!(" {origin}"), format!(" {}", origin.replacen("http", "ws", 1))])
        .collect::<String>()
        .into();
    Router::new().fallback_service(files).layer(middleware::from_fn_with_state(connect, add_policy))
}

/// The origin of a server's address, as the policy of a page names it.
///
/// # Errors
///
/// One sentence when it is not the address of a web server.
pub(super) fn origin(address: &str) -> Result<String, String> {
    let uri: Option<Uri> = address.parse().ok();
    let plain = |host: &str| {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-[]:".contains(c))
    };
    match uri.as_ref().map(|uri| (uri.scheme_str(), uri.authority())) {
        Some((Some(scheme @ ("http" | "https")), Some(authority))) if plain(authority.host()) => Ok(format!(
            "{scheme}://{}:{}",
            authority.host(),
            authority.port_u16().unwrap_or(if scheme == "http" { 80 } else { 443 })
        )),
        _ => Err(format!(
            "`{address}` is not the address of a Jupyter Server; it is like https://hub.example.org/user/ada/"
        )),
    }
}

/// Lets a page load and run what is in the book itself, and nothing else; see [`policy`].
async fn add_policy(State(jupyter): State<Arc<str>>, request: Request, next: Next) -> Response<Body> {
    // Access was given to names of this machine only. Not every browser counts WebSockets to 'self'.
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let connect = format!("ws://{host}{jupyter}");
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
        set_policy(&mut response, &connect, &BTreeSet::new());
        return response;
    }
    let is_page =
        parts.headers.get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    let (body, digests) = if is_page {
        match to_bytes(body, PAGE_MAX).await {
            Ok(page) => {
                let digests = policy::digests(&page);
                (Body::from(page), digests)
            }
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    } else {
        (body, BTreeSet::new())
    };
    let mut response = Response::from_parts(parts, body);
    set_policy(&mut response, &connect, &digests);
    response
}

fn set_policy(response: &mut Response<Body>, connect: &str, digests: &BTreeSet<String>) {
    let policy = policy::policy(digests, connect) + "; frame-ancestors 'none'";
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn addresses_of_servers() {
        assert_eq!(origin("https://hub.example.org/user/ada/").as_deref(), Ok("https://hub.example.org:443"));
        assert_eq!(origin("http://localhost:8888/lab?token=x").as_deref(), Ok("http://localhost:8888"));
        for bad in ["hub.example.org", "ftp://example.org", "", "*", "https://a b", "https://a;b"] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}
