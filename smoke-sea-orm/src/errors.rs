//! Errors of sqlx within those of SeaORM.

use std::error::Error as StdError;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlxError, TransactionError};

/// What SeaORM says of [`ConnAcquireErr::Timeout`].
const TIMED_OUT_TEXT: &str = "Connection pool timed out";

static TIMED_OUT: SqlxError = SqlxError::PoolTimedOut;

/// Sandboxes that know how SeaORM shows the errors of sqlx.
pub(crate) fn shown<DB: sea_orm::sqlx::Database>(
    rollback: smoke_sqlx::Rollback<DB>,
) -> smoke_sqlx::Rollback<DB> {
    rollback.read_within(sqlx_within, TIMED_OUT_TEXT)
}

/// The error of sqlx that SeaORM has got, which it does not name as a source.
fn sqlx_within<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e SqlxError> {
    if let Some(error) = error.downcast_ref::<TransactionError<DbErr>>() {
        let (TransactionError::Connection(error) | TransactionError::Transaction(error)) = error;
        return error.source().and_then(sqlx_within);
    }
    match (error.downcast_ref(), error.downcast_ref()) {
        (Some(RuntimeErr::SqlxError(error)), _) => Some(error),
        (_, Some(ConnAcquireErr::Timeout)) => Some(&TIMED_OUT),
        _ => None,
    }
}
