//! What a client of the API is told when something is refused.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal: one sentence that says what is wrong and what to do, as JSON with Jupyter Server's fields.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(super) fn no_such_kernel(id: &str) -> Self {
        // Long ids are someone's mistake; they are not repeated in full.
        let id: String = id.chars().take(64).collect();
        Self::new(
            StatusCode::NOT_FOUND,
            format!("there is no kernel {id}; it has ended, so start a new one with POST /api/kernels"),
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let reason = self.status.canonical_reason();
        (self.status, Json(json!({ "message": self.message, "reason": reason }))).into_response()
    }
}
