//! PostgreSQL.

use std::time::Duration;

use diesel::sql_types::{Bool, Integer, Nullable, Text};
use smoke_core::rollback::Fault;
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
    Text,
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
    String,
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
        server,
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
        server,
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

    fn read_message(said: &str) -> Fault {
        postgres::read_message(said)
    }
}
