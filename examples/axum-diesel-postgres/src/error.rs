//! What goes wrong in a handler, and how it is answered.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::pooled_connection::deadpool::PoolError;
use serde_json::json;

#[derive(Debug)]
pub(crate) enum AppError {
    Missing,
    Invalid(&'static str),
    Conflict(&'static str),
    Internal(anyhow::Error),
}

impl From<QueryError> for AppError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::NotFound => Self::Missing,
            QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                Self::Conflict("it exists already")
            }
            error => Self::Internal(error.into()),
        }
    }
}

impl From<PoolError> for AppError {
    fn from(error: PoolError) -> Self {
        Self::Internal(error.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::Missing => (StatusCode::NOT_FOUND, "not found"),
            Self::Invalid(reason) => (StatusCode::UNPROCESSABLE_ENTITY, reason),
            Self::Conflict(reason) => (StatusCode::CONFLICT, reason),
            // The reason is for the log: strangers read the answer.
            Self::Internal(error) => {
                tracing::error!("{error:#}");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal error")
            }
        };
        (status, Json(json!({ "error": message }))).into_response()
    }
}
