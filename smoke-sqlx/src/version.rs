//! What differs between sqlx 0.9 and 0.8: this is for 0.9, and the crate for 0.8 has one of its own.

#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
use sqlx::AssertSqlSafe;

/// Statements of this crate's own, or of the dialect's.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
pub(crate) fn trusted<T>(sql: T) -> AssertSqlSafe<T> {
    AssertSqlSafe(sql)
}

/// Closes a pool, and the connection that it has or gets back meanwhile.
pub(crate) async fn close<DB: sqlx::Database>(pool: &sqlx::Pool<DB>) {
    pool.close().await;
}

/// Once a pool is closed, it has no connection any more.
pub(crate) async fn closed<DB: sqlx::Database>(_: &sqlx::Pool<DB>) {}

/// How a connection of SQLite is held from outside: it is taken from the thread that has it.
#[cfg(feature = "sqlite")]
pub(crate) mod held {
    use smoke_core::Result;
    use smoke_sqlite::{Handle, Watching};
    use sqlx_sqlite::SqliteConnection;

    use crate::said::text;

    /// Nothing has to be watched.
    pub(crate) fn watch() -> Result<Option<Watching>> {
        Ok(None)
    }

    pub(crate) async fn adopt(connection: &mut SqliteConnection) -> Option<Result<Handle, String>> {
        Some(match connection.lock_handle().await {
            Ok(mut locked) => smoke_sqlite::adopt(&mut locked)
                .map_err(|why| format!("the connection cannot be held from outside: {why}")),
            Err(error) => Err(text(&error)),
        })
    }
}
