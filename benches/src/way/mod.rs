//! The libraries and pools to reach a database with.

mod diesel_async;
mod diesel_blocking;
mod sqlx;

use std::future::Future;

use anyhow::Result;
use smoke_axum::smoke_core::Backend;

use crate::database::Database;

pub use self::diesel_async::{Bb8Mariadb, Bb8Postgres, DeadpoolMariadb, DeadpoolPostgres};
pub use self::diesel_blocking::{
    DeadpoolDieselPostgres, DeadpoolDieselSqlite, R2d2Mariadb, R2d2Postgres, R2d2Sqlite,
};
pub use self::sqlx::{SqlxMariadb, SqlxPostgres, SqlxSqlite};

/// One pool of one library, on one database.
pub trait Way: 'static {
    /// Its name in a table.
    const NAME: &'static str;

    /// What it reaches.
    type Database: Database;
    /// The application's pool.
    type Pool: Clone + Send + Sync + 'static;
    /// A connection as the library opens it.
    type Connection: Send;

    /// The backend of sandboxes that many lanes use.
    fn rollback(url: &str, lanes: usize) -> impl Backend<Pool = Self::Pool>;

    /// What a test or a handler does: checks a connection out and inserts a row.
    fn insert(pool: &Self::Pool) -> impl Future<Output = smoke_axum::Result> + Send;

    /// Opens a connection without a pool.
    fn connect(url: &str) -> impl Future<Output = Result<Self::Connection>> + Send;

    /// What one would do by hand: begins, inserts a row, rolls back.
    fn insert_by_hand(connection: &mut Self::Connection)
    -> impl Future<Output = Result<()>> + Send;

    /// Closes a connection.
    fn close(connection: Self::Connection) -> impl Future<Output = Result<()>> + Send;
}

diesel::table! {
    /// The table of every database.
    benched {
        /// Counts up.
        id -> Integer,
        /// Says anything.
        note -> Text,
    }
}

/// What is inserted.
const NOTE: &str = "a row";
