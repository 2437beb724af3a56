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
use smoke_diesel::r2d2::{Interact, Rollback};
use tempfile::TempDir;

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

    async fn execute(pool: &Pool, sql: &str) -> Result<(), String> {
        let sql = sql.to_owned();
        let ran = pool
            .interact(move |connection| connection.batch_execute(&sql))
            .await;
        ran.map_err(|error| error.to_string())
    }

    async fn transaction(pool: &Pool, sql: &str) -> Result<(), String> {
        let sql = sql.to_owned();
        let ran = pool.interact(move |connection| {
            connection.transaction(|connection| connection.batch_execute(&sql))
        });
        ran.await.map_err(|error| error.to_string())
    }

    async fn number(pool: &Pool, query: &str) -> Result<i64, String> {
        let query = sql::<BigInt>(query);
        let asked = pool
            .interact(move |connection| query.get_result(connection))
            .await;
        asked.map_err(|error| error.to_string())
    }

    async fn hold(pool: &Pool) -> Result<Box<dyn Any + Send>, String> {
        Ok(Box::new(pool.get().map_err(|error| error.to_string())?))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_through_r2d2_conforms() {
    smoke_conformance::backend::check(Sqlite::new()).await;
}
