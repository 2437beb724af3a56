//! SQLite, diesel, r2d2.

use std::any::Any;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection};
use diesel::sql_types::BigInt;
use smoke_conformance::backend::{Database, Dialect};
use smoke_core::Backend;
use smoke_diesel::r2d2::Rollback;
use tempfile::TempDir;

use crate::r2d2;

pub(crate) type Pool = diesel::r2d2::Pool<ConnectionManager<SqliteConnection>>;

/// As a careful application sets its connections up.
#[derive(Clone, Copy, Debug)]
struct Pragmas;

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for Pragmas {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        let pragmas =
            "PRAGMA busy_timeout = 500; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON";
        connection
            .batch_execute(pragmas)
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

#[derive(Clone)]
pub(crate) struct Sqlite {
    folder: Arc<TempDir>,
}

impl Sqlite {
    pub(crate) fn new() -> Self {
        Self {
            folder: Arc::new(tempfile::tempdir().unwrap()),
        }
    }

    fn url(&self) -> String {
        self.folder
            .path()
            .join("app.db")
            .to_string_lossy()
            .into_owned()
    }
}

impl Database for Sqlite {
    type Pool = Pool;

    fn backend(&self) -> impl Backend<Pool = Pool> {
        Rollback::new(self.url()).customizer(Pragmas)
    }

    fn unreachable(&self) -> impl Backend<Pool = Pool> {
        Rollback::new("/nonexistent/app.db")
    }

    fn production(&self) -> Pool {
        let manager = ConnectionManager::new(self.url());
        Pool::builder()
            .max_size(2)
            .connection_customizer(Box::new(Pragmas))
            .build(manager)
            .unwrap()
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn seals(&self) -> bool {
        true
    }

    async fn execute(pool: &Pool, sql: &str) -> Result<(), String> {
        r2d2::execute(pool, sql).await
    }

    async fn transaction(pool: &Pool, sql: &str) -> Result<(), String> {
        r2d2::transaction(pool, sql).await
    }

    async fn number(pool: &Pool, query: &str) -> Result<i64, String> {
        let query = sql::<BigInt>(query);
        r2d2::number(pool, move |connection| query.get_result(connection)).await
    }

    async fn hold(pool: &Pool) -> Result<Box<dyn Any + Send>, String> {
        r2d2::hold(pool).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_through_r2d2_conforms() {
    smoke_conformance::backend::check(Sqlite::new()).await;
}
