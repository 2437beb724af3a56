//! PostgreSQL: diesel-async, deadpool.

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::Pool;
use smoke_axum::smoke_core::Backend;
use smoke_diesel::deadpool::Rollback;

use super::Stack;
use super::asynchronous::{connection, transaction};

/// PostgreSQL through diesel-async and deadpool.
#[derive(Debug)]
pub struct Postgres;

impl Stack for Postgres {
    const NAME: &'static str = "postgres";

    const EXPORT: &'static str = "SELECT repeat('x', 1000) FROM generate_series(1, 20000)";

    type Pool = Pool<AsyncPgConnection>;
    type Connection = AsyncPgConnection;

    fn rollback(url: &str) -> impl Backend<Pool = Self::Pool> {
        Rollback::postgres(url)
    }

    transaction!();
}

connection!(AsyncPgConnection);
