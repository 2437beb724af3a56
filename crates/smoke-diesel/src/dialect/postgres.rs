//! PostgreSQL.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error};
use smoke_core::rollback::postgres;

use super::{Dialect, Terms};
use crate::savepoints::{Attempt, Ending, Savepoints};

pub(crate) struct PostgresDialect;

impl Dialect for PostgresDialect {
    const NAME: &'static str = "PostgreSQL";

    const LIMIT: Duration = postgres::LIMIT;

    fn begin(terms: &Terms) -> String {
        postgres::begin(terms)
    }

    fn end(savepoints: &Savepoints) -> Vec<Attempt<Ending>> {
        postgres::end(savepoints)
    }

    /// diesel keeps the codes to itself, so that this sees it on servers that speak English.
    fn is_busy(error: &Error) -> bool {
        match error {
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
            Error::DatabaseError(_, said) => ["due to lock timeout", "deadlock detected"]
                .iter()
                .any(|busy| said.message().contains(busy)),
            _ => false,
        }
    }

    fn is_lost(error: &Error) -> bool {
        matches!(
            error,
            Error::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
                _
            )
        )
    }
}
