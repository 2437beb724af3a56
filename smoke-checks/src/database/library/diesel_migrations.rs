//! What diesel's migrations look like, whatever the pool.

use diesel::backend::Backend;
use diesel::migration::MigrationSource;
use diesel::result::Error as DieselError;
use diesel::result::QueryResult;
use smoke_core::{Error, Result};

use crate::database::migrations::{Applied, Known};

/// Diesel's harness has no other.
pub(super) const TABLE: &str = "__diesel_schema_migrations";

/// Diesel's harness makes the table before it looks into it; this does not.
pub(super) fn listing(table: &str) -> String {
    format!("SELECT version FROM {table}")
}

pub(super) fn known<DB: Backend>(source: &impl MigrationSource<DB>) -> Result<Vec<Known>> {
    let migrations = source.migrations().map_err(Error::msg)?;
    let known = migrations.iter().map(|migration| {
        let name = migration.name();
        Known::new(name.version().to_string(), name.to_string())
    });
    Ok(known.collect())
}

pub(super) fn applied(
    listed: QueryResult<Vec<String>>,
    table: &str,
) -> Result<Option<Vec<Applied>>> {
    match listed {
        Err(error) if is_missing(&error, table) => Ok(None),
        listed => Ok(Some(listed?.into_iter().map(Applied::new).collect())),
    }
}

/// Diesel hands no code on, only what the database says: a server that speaks another language than English
/// is quoted.
fn is_missing(error: &DieselError, table: &str) -> bool {
    let DieselError::DatabaseError(_, information) = error else {
        return false;
    };
    let said = information.message();
    let says_so = ["does not exist", "doesn't exist", "no such table"];
    said.contains(table) && says_so.iter().any(|words| said.contains(words))
}
