//! What differs between SeaORM 2 and 1.1: this is for 2, and the crate for 1.1 has one of its own.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

/// Whether the library adds the line of PostgreSQL's source that said it to an error.
pub(crate) const ADDS_LINES: bool = true;

pub(crate) async fn first_row(
    pool: &DatabaseConnection,
    statement: Statement,
) -> Result<Option<QueryResult>, DbErr> {
    pool.query_one_raw(statement).await
}

/// Begins a transaction as it can be asked for on SQLite.
pub(crate) async fn begin_on_sqlite(
    pool: &DatabaseConnection,
) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    pool.begin_with_options(options).await
}
