//! Which path does what.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::{self, Access};
use super::error::Refusal;
use super::kernels::Kernels;
use super::{Options, site, socket, v1};
use crate::kernelspec;
use crate::progress::{self, Progress};
use crate::protocol::iso_8601;

/// How this server is recognized at `/api`.
pub(super) const SERVER: &str = "sd35";

type Shared = State<Arc<Kernels>>;

/// Everything that is served.
pub(super) fn router(kernels: Arc<Kernels>, options: &Options, access: Access) -> Router {
    let record = Router::new()
        .route("/progress", get(record).post(merge_record).delete(delete_record))
        .with_state(Arc::new(progress::Store::new(options.progress.clone())));
    let api = Router::new()
        .route("/", get(server))
        .route("/status", get(status))
        .route("/kernelspecs", get(kernelspecs))
        .route("/kernels", get(list).post(start))
        .route("/kernels/{id}", get(show).delete(stop))
        .route("/kernels/{id}/interrupt", post(interrupt))
        .route("/kernels/{id}/restart", post(restart))
        .route("/kernels/{id}/channels", get(channels))
        .merge(record)
        .method_not_allowed_fallback(no_such_method)
        .fallback(no_such_path)
        .with_state(kernels);
    Router::new()
        .nest("/api", api)
        .fallback_service(site::service(&options.site, &options.jupyter))
        .layer(middleware::from_fn_with_state(Arc::new(access), access::guard))
}

/// Anyone may ask this: the page asks it to learn whether cells can run at all.
async fn server() -> Json<Value> {
    Json(json!({ "version": env!("CARGO_PKG_VERSION"), "server": SERVER }))
}

async fn status(State(kernels): Shared) -> Json<Value> {
    let all = kernels.list();
    let last = all.iter().map(|kernel| kernel.last_activity()).max().unwrap_or(kernels.started());
    Json(json!({
        "started": iso_8601(kernels.started()),
        "last_activity": iso_8601(last),
        "kernels": all.len(),
        "connections": all.iter().map(|kernel| kernel.connections()).sum::<usize>(),
        // Ours, and null once a kernel starts at once.
        "kernel_seconds_left": crate::building::seconds_left(),
    }))
}

async fn kernelspecs() -> Json<Value> {
    let spec = json!({
        "argv": [],
        "env": {},
        "display_name": kernelspec::DISPLAY_NAME,
        "language": "rust",
        "interrupt_mode": "message",
        "metadata": { "debugger": false },
    });
    let entry = json!({ "name": kernelspec::NAME, "spec": spec, "resources": {} });
    Json(json!({ "default": kernelspec::NAME, "kernelspecs": { kernelspec::NAME: entry } }))
}

async fn list(State(kernels): Shared) -> Json<Vec<Value>> {
    Json(kernels.models())
}

#[derive(Default, Deserialize)]
struct Wanted {
    name: Option<String>,
}

/// The body may be empty, as with Jupyter Server.
async fn start(State(kernels): Shared, body: Bytes) -> Result<Response, Refusal> {
    let wanted: Wanted = if body.trim_ascii().is_empty() {
        Wanted::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| {
            Refusal::new(
                StatusCode::BAD_REQUEST,
                format!("the body must be like {{\"name\": \"sd35\"}}: {error}"),
            )
        })?
    };
    if wanted.name.as_deref().is_some_and(|name| name != kernelspec::NAME) {
        let message = format!("this server has one kind of kernel, {}", kernelspec::NAME);
        return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
    }
    let kernel = kernels.start()?;
    let location = format!("/api/kernels/{}", kernel.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(kernel.model())).into_response())
}

async fn show(State(kernels): Shared, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    Ok(Json(kernels.get(&id)?.model()))
}

async fn stop(State(kernels): Shared, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    kernels.stop(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn interrupt(State(kernels): Shared, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    kernels.get(&id)?.interrupt();
    Ok(StatusCode::NO_CONTENT)
}

async fn restart(State(kernels): Shared, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let kernel = kernels.get(&id)?;
    kernel.restart().await;
    Ok(Json(kernel.model()))
}

#[derive(Deserialize)]
struct Client {
    session_id: Option<String>,
}

type Record = State<Arc<progress::Store>>;

/// What the reader has done.
async fn record(State(store): Record) -> Result<Json<Progress>, Refusal> {
    in_file(store, |store| store.load()).await
}

/// Takes over what the page knows, and answers with all.
async fn merge_record(State(store): Record, body: Bytes) -> Result<Json<Progress>, Refusal> {
    let news: Progress = serde_json::from_slice(&body).map_err(|error| {
        Refusal::new(StatusCode::BAD_REQUEST, format!("the body must be like {{\"records\": {{}}}}: {error}"))
    })?;
    in_file(store, move |store| store.add(&news)).await
}

async fn delete_record(State(store): Record) -> Result<Json<Progress>, Refusal> {
    in_file(store, |store| store.delete()).await
}

/// A file may be slow, and locked by others for a moment.
async fn in_file(
    store: Arc<progress::Store>,
    action: impl FnOnce(&progress::Store) -> anyhow::Result<Progress> + Send + 'static,
) -> Result<Json<Progress>, Refusal> {
    let done = tokio::task::spawn_blocking(move || action(&store)).await;
    match done {
        Ok(Ok(progress)) => Ok(Json(progress)),
        Ok(Err(error)) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}"))),
        Err(error) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// A client that names no session is a new one each time.
async fn channels(
    State(kernels): Shared,
    Path(id): Path<String>,
    Query(client): Query<Client>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let kernel = kernels.get(&id)?;
    let session = client.session_id.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    Ok(upgrade
        .protocols([v1::NAME])
        .max_message_size(socket::LONGEST_READ)
        .max_frame_size(socket::LONGEST_READ)
        .on_upgrade(move |socket| socket::relay(socket, kernel, session)))
}

async fn no_such_path() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this path of the API")
}

async fn no_such_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this path of the API does not take this method")
}
