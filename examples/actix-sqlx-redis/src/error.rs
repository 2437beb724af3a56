//! What goes wrong in a handler, and how it is answered.

use std::fmt;

use actix_session::{SessionGetError, SessionInsertError};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

#[derive(Debug)]
pub(crate) enum AppError {
    /// Nobody is signed in, or by these words nobody can.
    SignedOut,
    Unreadable(String),
    Invalid(&'static str),
    Conflict(&'static str),
    Internal(anyhow::Error),
}

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        let database = error.as_database_error();
        if database.is_some_and(sqlx::error::DatabaseError::is_unique_violation) {
            return Self::Conflict("it exists already");
        }
        Self::Internal(error.into())
    }
}

macro_rules! internal {
    ($($error:ty),*) => {
        $(impl From<$error> for AppError {
            fn from(error: $error) -> Self {
                Self::Internal(error.into())
            }
        })*
    };
}

internal!(
    SessionGetError,
    SessionInsertError,
    actix_web::error::BlockingError,
    anyhow::Error,
    serde_json::Error
);

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedOut => f.write_str("sign in first"),
            Self::Unreadable(reason) => f.write_str(reason),
            Self::Invalid(reason) | Self::Conflict(reason) => f.write_str(reason),
            // The cause is for the log.
            Self::Internal(_) => f.write_str("something went wrong"),
        }
    }
}

impl std::error::Error for AppError {}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
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
