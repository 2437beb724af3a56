//! Connections of diesel that block their thread, whichever pool has them.

use diesel::connection::TransactionManager;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::query_dsl::LoadQuery;
use diesel::result::QueryResult;
use diesel::sql_types::Text;
use diesel::{Connection, RunQueryDsl};
use smoke_core::Result;

use super::diesel_migrations::listing;
use crate::database::commit::Uncommitted;

pub(super) fn ping<C: Connection>(connection: &mut C) -> Result {
    Ok(connection.batch_execute("SELECT 1")?)
}

pub(super) fn listed<C: Connection>(connection: &mut C, table: &str) -> QueryResult<Vec<String>>
where
    for<'q> SqlLiteral<Text>: LoadQuery<'q, C, String>,
{
    sql::<Text>(&listing(table)).load(connection)
}

pub(super) fn commit<C: Connection>(
    connection: &mut C,
    statements: &[String],
) -> Result<(), Uncommitted> {
    let begun = C::TransactionManager::begin_transaction(connection);
    begun.map_err(|error| Uncommitted::Begin(error.into()))?;
    for statement in statements {
        if let Err(error) = connection.batch_execute(statement) {
            // A connection on which this fails, too, is closed by its pool.
            let _ = C::TransactionManager::rollback_transaction(connection);
            return Err(Uncommitted::Write(error.into()));
        }
    }
    let committed = C::TransactionManager::commit_transaction(connection);
    committed.map_err(|error| Uncommitted::Commit(error.into()))
}
