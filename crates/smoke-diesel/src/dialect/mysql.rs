//! MariaDB and MySQL.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error};
use smoke_core::rollback::mysql;

use super::{Dialect, Terms};
use crate::savepoints::{Attempt, Ending, Savepoints};

pub(crate) struct MysqlDialect;

impl Dialect for MysqlDialect {
    const NAME: &'static str = "MariaDB or MySQL";

    const LIMIT: Duration = mysql::LIMIT;

    const WRITES: bool = mysql::WRITES;

    fn begin(terms: &Terms, _: bool) -> String {
        mysql::begin(terms)
    }

    fn end(savepoints: &Savepoints, _: bool) -> Vec<Attempt<Ending>> {
        mysql::end(savepoints)
    }

    /// diesel keeps the codes to itself, so that this sees it on servers that speak English.
    fn is_busy(error: &Error) -> bool {
        says(error, &["Lock wait timeout exceeded", "Deadlock found"])
    }

    /// The drivers' own messages come in English only.
    fn is_lost(error: &Error) -> bool {
        matches!(
            error,
            Error::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
                _
            )
        ) || says(
            error,
            &[
                "Input/output error",
                "Connection to the server is closed",
                "Connection was killed",
                "erver has gone away",
                "Lost connection to ",
            ],
        )
    }
}

fn says(error: &Error, one_of: &[&str]) -> bool {
    matches!(error, Error::DatabaseError(_, said) if one_of.iter().any(|text| said.message().contains(text)))
}
