//! PostgreSQL.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{Bool, Integer, Nullable, Text};
use smoke_core::rollback::postgres::{self, Facts};

use super::{Dialect, Terms};
use crate::savepoints::{Attempt, Ending, Savepoints};

/// What [`FACTS`](postgres::FACTS) asks for.
pub(crate) type FactsSql = (
    Text,
    Integer,
    Bool,
    Bool,
    Nullable<Text>,
    Nullable<Integer>,
    Nullable<Integer>,
    Text,
    Bool,
);

/// The same, as it is answered.
pub(crate) type FactsRow = (
    String,
    i32,
    bool,
    bool,
    Option<String>,
    Option<i32>,
    Option<i32>,
    String,
    bool,
);

pub(crate) fn facts(row: FactsRow) -> Facts {
    let (
        who,
        process,
        writes,
        may_make_tables,
        client,
        client_port,
        server_port,
        user,
        bypasses_row_security,
    ) = row;
    Facts {
        who,
        process,
        writes,
        may_make_tables,
        client,
        client_port,
        server_port,
        user,
        bypasses_row_security,
    }
}

pub(crate) struct PostgresDialect;

impl Dialect for PostgresDialect {
    const NAME: &'static str = "PostgreSQL";

    const LIMIT: Duration = postgres::LIMIT;

    fn begin(terms: &Terms, sealed: bool) -> String {
        postgres::begin(terms, sealed)
    }

    fn end(savepoints: &Savepoints, sealed: bool) -> Vec<Attempt<Ending>> {
        postgres::end(savepoints, sealed)
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
