//! The built book as files.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
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

use super::access::percent_decoded;

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
    let root: Arc<Path> = site.into();
    Router::new()
        .fallback_service(files)
        .layer(middleware::from_fn_with_state(root, stay_inside))
        .layer(middleware::from_fn_with_state(connect, add_policy))
}

/// Files are served when they are in the site's folder, and not when a link there leads out of it.
async fn stay_inside(State(root): State<Arc<Path>>, mut request: Request, next: Next) -> Response<Body> {
    if leads_out(&root, request.uri().path()) {
        // As if it were not there, which it is not.
        *request.uri_mut() = Uri::from_static("/404-outside");
    }
    next.run(request).await
}

/// Whether a path names something that lies, when links are followed, outside of `root`.
fn leads_out(root: &Path, path: &str) -> bool {
    let decoded = percent_decoded(path);
    // `..` and the like are refused where files are looked for.
    let parts = Path::new(decoded.trim_start_matches('/')).components();
    let file: PathBuf = parts.filter(|part| matches!(part, Component::Normal(_))).collect();
    let Ok(root) = root.canonicalize() else { return false };
    [root.join(&file), root.join(&file).join("index.html")]
        .iter()
        .filter_map(|file| file.canonicalize().ok())
        .any(|real| !real.starts_with(&root))
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
    use super::*;

    #[test]
    fn links_out_of_the_folder_are_found() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().expect("a folder");
        let site = folder.path().join("site");
        std::fs::create_dir_all(site.join("inner")).expect("made");
        for file in ["site/page.html", "site/inner/index.html", "outside"] {
            std::fs::write(folder.path().join(file), "x").expect("written");
        }
        symlink(folder.path().join("outside"), site.join("link")).expect("made");
        symlink(folder.path(), site.join("up")).expect("made");
        symlink(site.join("page.html"), site.join("alias")).expect("made");
        std::fs::create_dir(site.join("trap")).expect("made");
        symlink(folder.path().join("outside"), site.join("trap/index.html")).expect("made");
        // The site itself may be reached by a link.
        let other = folder.path().join("other");
        symlink(&site, &other).expect("made");
        for root in [&site, &other] {
            for path in ["/", "/page.html", "/alias", "/inner/", "/none", "/../outside"] {
                assert!(!leads_out(root, path), "{path}");
            }
            for path in ["/link", "/l%69nk", "/up/outside", "/up/", "/trap/", "/trap"] {
                assert!(leads_out(root, path), "{path}");
            }
        }
    }

    #[test]
    fn addresses_of_servers() {
        assert_eq!(origin("https://hub.example.org/user/ada/").as_deref(), Ok("https://hub.example.org:443"));
        assert_eq!(origin("http://localhost:8888/lab?token=x").as_deref(), Ok("http://localhost:8888"));
        for bad in ["hub.example.org", "ftp://example.org", "", "*", "https://a b", "https://a;b"] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}
