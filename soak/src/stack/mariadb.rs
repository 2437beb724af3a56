//! MariaDB: diesel-async, deadpool.

use diesel_async::AsyncMysqlConnection;
use diesel_async::pooled_connection::deadpool::Pool;
use smoke_axum::smoke_core::Backend;
use smoke_diesel::deadpool::Rollback;

use super::Stack;
use super::asynchronous::{connection, transaction};

/// MariaDB through diesel-async and deadpool.
#[derive(Debug)]
pub struct Mariadb;

impl Stack for Mariadb {
    const NAME: &'static str = "mariadb";

    const EXPORT: &'static str = "SELECT REPEAT('x', 1000) FROM seq_1_to_20000";

    type Pool = Pool<AsyncMysqlConnection>;
    type Connection = AsyncMysqlConnection;

    fn rollback(url: &str) -> impl Backend<Pool = Self::Pool> {
        Rollback::mysql(url).accept_implicit_commits()
    }

    transaction!();
}

connection!(AsyncMysqlConnection);
