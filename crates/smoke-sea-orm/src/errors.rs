//! Errors of sqlx within those of SeaORM.

use std::error::Error as StdError;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlxError, TransactionError};

static TIMED_OUT: SqlxError = SqlxError::PoolTimedOut;

/// The error of sqlx that SeaORM has got, which it does not name as a source.
pub(crate) fn sqlx_within<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e SqlxError> {
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
