//! How deep sqlx believes the sandbox's transaction to be nested.
//!
//! sqlx 0.9 rolls back the level around a `begin_with()` in a transaction, and around a `begin()`
//! that fails or whose future is dropped. sqlx 0.8 does the last on PostgreSQL. At the outermost level
//! that ends the transaction, and the next `begin()` begins a real one. A sandbox therefore has levels to
//! spare.

use std::cmp::Ordering;

use smoke_rollback::savepoints::Savepoints;
use sqlx::{Connection, Error};
use sqlx_core::transaction::TransactionManager;

use crate::database::Database;
use crate::version::trusted;

/// The depth of a connection that is handed out.
const DEPTH: usize = 4;

/// The savepoints of a sandbox. Those to spare have the names that sqlx gives them.
pub(crate) fn savepoints() -> Savepoints {
    Savepoints::new()
        .with_spare((1..DEPTH).map(|level| format!("_sqlx_savepoint_{level}")))
        .with_checkouts()
}

/// Begins the transaction with those statements, and the levels to spare within it. sqlx counts none
/// where they are its own, and all of them on a connection that had them in a transaction before.
pub(crate) async fn begin<DB: Database>(
    connection: &mut DB::Connection,
    sql: &str,
) -> Result<(), Error> {
    if depth::<DB>(connection) == DEPTH {
        return DB::run(connection, sql).await;
    }
    // Whoever drops a transaction rolls it back.
    std::mem::forget(connection.begin_with(trusted(sql.to_owned())).await?);
    for _ in 1..DEPTH {
        std::mem::forget(connection.begin().await?);
    }
    DB::run(connection, &savepoints().prove()).await
}

/// Whether sqlx has rolled back more than was begun within the sandbox. What was begun and never
/// ended is rolled back.
pub(crate) async fn are_missing<DB: Database>(connection: &mut DB::Connection) -> bool {
    loop {
        match depth::<DB>(connection).cmp(&DEPTH) {
            Ordering::Less => return true,
            Ordering::Equal => return false,
            Ordering::Greater => {}
        }
        if DB::TransactionManager::rollback(connection).await.is_err() {
            return false;
        }
    }
}

fn depth<DB: Database>(connection: &DB::Connection) -> usize {
    DB::TransactionManager::get_transaction_depth(connection)
}
