//! What goes wrong in a handler, and how it is answered.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use diesel::result::{DatabaseErrorKind, Error as QueryError};
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
            QueryError::NotFound
            | QueryError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => Self::Missing,
            QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                Self::Conflict("it exists already")
            }
            error => Self::Internal(error.into()),
        }
    }
}

impl From<diesel::r2d2::PoolError> for AppError {
    fn from(error: diesel::r2d2::PoolError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<tokio::task::JoinError> for AppError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::Missing => (StatusCode::NOT_FOUND, "not found".to_owned()),
            Self::Invalid(reason) => (StatusCode::UNPROCESSABLE_ENTITY, reason.to_owned()),
            Self::Conflict(reason) => (StatusCode::CONFLICT, reason.to_owned()),
            // The reason is for who runs the service, and nobody else reaches this one.
            Self::Internal(error) => {
                tracing::error!("{error:#}");
                (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            }
        };
        (status, Json(json!({ "error": message }))).into_response()
    }
}
