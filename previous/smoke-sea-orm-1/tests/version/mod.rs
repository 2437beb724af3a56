//! What differs between SeaORM 2 and 1.1: this is for 1.1.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, IsolationLevel, QueryResult,
    Statement, TransactionTrait,
};

/// Whether the library adds the line of PostgreSQL's source that said it to an error.
pub(crate) const ADDS_LINES: bool = false;

pub(crate) async fn first_row(
    pool: &DatabaseConnection,
    statement: Statement,
) -> Result<Option<QueryResult>, DbErr> {
    pool.query_one(statement).await
}

/// Begins a transaction as it can be asked for on SQLite: SeaORM 1.1 passes over what SQLite does not have.
pub(crate) async fn begin_on_sqlite(
    pool: &DatabaseConnection,
) -> Result<DatabaseTransaction, DbErr> {
    let level = Some(IsolationLevel::Serializable);
    pool.begin_with_config(level, None).await
}
