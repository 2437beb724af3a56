//! A database, a pool and a library, as an application uses them.

mod asynchronous;
mod mariadb;
mod postgres;
mod sqlite;

use std::future::Future;

use anyhow::Result;
pub use mariadb::Mariadb;
pub use postgres::Postgres;
use smoke_axum::smoke_core::Backend;
pub use sqlite::Sqlite;

/// What the shop stands on.
pub trait Stack: Send + Sync + 'static {
    /// The database, as messages and the victim's arguments name it.
    const NAME: &'static str;

    /// A query whose answer is more than the sockets between server and client hold.
    const EXPORT: &'static str;

    /// The application's pool.
    type Pool: Clone + Send + Sync + 'static;

    /// A connection outside of every sandbox.
    type Connection: Connection;

    /// What makes the sandboxes.
    fn rollback(url: &str) -> impl Backend<Pool = Self::Pool>;

    /// Runs the statements on a connection of the pool, in a transaction of the application's own.
    fn transaction(
        pool: &Self::Pool,
        sql: String,
    ) -> impl Future<Output = Result<(), String>> + Send;
}

/// A connection outside of every sandbox. Its futures may block.
pub trait Connection: Sized {
    /// Connects as the application does.
    fn connect(url: &str) -> impl Future<Output = Result<Self>>;

    /// Runs statements.
    fn run(&mut self, sql: &str) -> impl Future<Output = Result<()>>;

    /// Asks for one number.
    fn number(&mut self, sql: &str) -> impl Future<Output = Result<i64>>;
}
