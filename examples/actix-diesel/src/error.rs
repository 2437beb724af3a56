//! What goes wrong in a handler, and how it is answered.

use std::fmt;

use actix_web::error::{BlockingError, JsonPayloadError};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use serde_json::json;

#[derive(Debug)]
pub(crate) enum AppError {
    Missing,
    Invalid(&'static str),
    Unreadable(String),
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

impl From<BlockingError> for AppError {
    fn from(error: BlockingError) -> Self {
        Self::Internal(error.into())
    }
}

impl AppError {
    /// What is answered to a body that is not the JSON that was wanted.
    pub(crate) fn unreadable(error: &JsonPayloadError) -> actix_web::Error {
        Self::Unreadable(error.to_string()).into()
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("not found"),
            Self::Invalid(reason) | Self::Conflict(reason) => f.write_str(reason),
            Self::Unreadable(reason) => f.write_str(reason),
            // The reason is for who runs the service, and nobody else reaches this one.
            Self::Internal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AppError {}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Internal(error) = self {
            tracing::error!("{error:#}");
        }
        HttpResponse::build(self.status_code()).json(json!({ "error": self.to_string() }))
    }
}
