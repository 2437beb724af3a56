//! What differs between sqlx 0.9 and 0.8: this is for 0.8.

/// Statements of this crate's own, or of the dialect's. sqlx 0.8 takes any.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
pub(crate) fn trusted<T>(sql: T) -> T {
    sql
}

/// Closes a pool, and the connection that it has or gets back meanwhile.
pub(crate) async fn close<DB: sqlx::Database>(pool: &sqlx::Pool<DB>) {
    pool.close().await;
    closed(pool).await;
}

/// Sees to it that a closed pool has no connection any more. sqlx 0.8 keeps one that comes back while it waits for
/// it: it is closed by whoever asks once more.
pub(crate) async fn closed<DB: sqlx::Database>(pool: &sqlx::Pool<DB>) {
    pool.close().await;
}

/// How a connection of SQLite is held from outside: it is seen being opened. To take it from the thread
/// that has it, `smoke-sqlite` would have to be built for this version of sqlx.
#[cfg(feature = "sqlite")]
pub(crate) mod held {
    use smoke_core::Result;
    use smoke_sqlite::{Handle, Watching};
    use sqlx_sqlite::SqliteConnection;

    /// Any thread may be the one that opens it.
    pub(crate) fn watch() -> Result<Option<Watching>> {
        Ok(Some(smoke_sqlite::watch_process()?))
    }

    pub(crate) async fn adopt(_: &mut SqliteConnection) -> Option<Result<Handle, String>> {
        None
    }
}
