//! What a database said, in words for a report.

use smoke_core::rollback::redact;
use sqlx::Error;
use sqlx::error::DatabaseError;

/// What the driver said, without passwords and without a line of the server's source.
pub(crate) fn text(error: &Error) -> String {
    let said = error.to_string();
    redact(&match error.as_database_error() {
        Some(error) => said.replace(&error.to_string(), &message(error)),
        None => said,
    })
    .into_owned()
}

/// The same of what a wrapper leaves of it, in the words of sqlx.
pub(crate) fn plain(error: &dyn DatabaseError) -> String {
    redact(&format!("error returned from database: {}", message(error))).into_owned()
}

/// What the database said. sqlx adds the line of PostgreSQL's source that said it.
pub(crate) fn message(error: &dyn DatabaseError) -> String {
    #[cfg(feature = "postgres")]
    if let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return error.message().to_owned();
    }
    error.to_string()
}
