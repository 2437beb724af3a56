//! deadpool-diesel, whatever the database.

use std::any::Any;

use deadpool::managed::Hook;
use deadpool_diesel::{Manager, Pool, Runtime};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use smoke_conformance::backend::{Database, Dialect};
use smoke_core::Backend;
use smoke_diesel::deadpool_diesel::Rollback;

use crate::{mariadb, postgres};

/// A connection that can be asked for a number.
trait Count: Connection + Send + 'static {
    /// As a careful application sets its connections up.
    const SETUP: &str = "SELECT 1";

    fn count(&mut self, query: &str) -> QueryResult<i64>;
}

const PRAGMAS: &str =
    "PRAGMA busy_timeout = 500; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON";

impl Count for SqliteConnection {
    const SETUP: &str = PRAGMAS;

    fn count(&mut self, query: &str) -> QueryResult<i64> {
        sql::<BigInt>(query).get_result(self)
    }
}

impl Count for PgConnection {
    fn count(&mut self, query: &str) -> QueryResult<i64> {
        sql::<BigInt>(query).get_result(self)
    }
}

impl Count for MysqlConnection {
    fn count(&mut self, query: &str) -> QueryResult<i64> {
        sql::<BigInt>(query).get_result(self)
    }
}

/// A database, and a backend for a pool of it.
struct Blocking<C> {
    url: String,
    dialect: Dialect,
    backend: fn(&str) -> Rollback<C>,
}

impl<C> Clone for Blocking<C> {
    fn clone(&self) -> Self {
        Self {
            url: self.url.clone(),
            ..*self
        }
    }
}

async fn interact<C: Count, T: Send + 'static>(
    pool: &Pool<Manager<C>>,
    work: impl FnOnce(&mut C) -> QueryResult<T> + Send + 'static,
) -> Result<T, String>
where
    Manager<C>: deadpool::managed::Manager<
            Type = deadpool_diesel::Connection<C>,
            Error = deadpool_diesel::Error,
        >,
{
    let object = pool.get().await.map_err(|error| error.to_string())?;
    let done = object.interact(work).await;
    let done = done.map_err(|error| error.to_string())?;
    done.map_err(|error| error.to_string())
}

impl<C: Count> Database for Blocking<C>
where
    Manager<C>: deadpool::managed::Manager<
            Type = deadpool_diesel::Connection<C>,
            Error = deadpool_diesel::Error,
        >,
    Rollback<C>: Backend<Pool = Pool<Manager<C>>>,
{
    type Pool = Pool<Manager<C>>;

    fn backend(&self) -> impl Backend<Pool = Self::Pool> {
        (self.backend)(&self.url)
    }

    fn unreachable(&self) -> impl Backend<Pool = Self::Pool> {
        match self.url.split_once(':') {
            Some((scheme, _)) => (self.backend)(&format!("{scheme}://app:secret@127.0.0.1:1/app")),
            None => (self.backend)("/nonexistent/app.db"),
        }
    }

    fn production(&self) -> Self::Pool {
        let set_up = |object: &mut deadpool_diesel::Connection<C>, _: &_| {
            let mut connection = object.lock().unwrap();
            connection.batch_execute(C::SETUP).unwrap();
            Ok(())
        };
        let manager = Manager::new(&self.url, Runtime::Tokio1);
        let pool = Pool::builder(manager).max_size(2);
        pool.post_create(Hook::sync_fn(set_up)).build().unwrap()
    }

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn seals(&self) -> bool {
        self.dialect != Dialect::Mysql
    }

    async fn execute(pool: &Self::Pool, sql: &str) -> Result<(), String> {
        let sql = sql.to_owned();
        interact(pool, move |connection| connection.batch_execute(&sql)).await
    }

    async fn transaction(pool: &Self::Pool, sql: &str) -> Result<(), String> {
        let sql = sql.to_owned();
        let work = move |connection: &mut C| {
            connection.transaction(|connection| connection.batch_execute(&sql))
        };
        interact(pool, work).await
    }

    async fn number(pool: &Self::Pool, query: &str) -> Result<i64, String> {
        let query = query.to_owned();
        interact(pool, move |connection| connection.count(&query)).await
    }

    async fn hold(pool: &Self::Pool) -> Result<Box<dyn Any + Send>, String> {
        Ok(Box::new(
            pool.get().await.map_err(|error| error.to_string())?,
        ))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_through_deadpool_diesel_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let database = Blocking {
        url: folder.path().join("app.db").to_string_lossy().into_owned(),
        dialect: Dialect::Sqlite,
        backend: |url| Rollback::sqlite(url).setup(|connection| connection.batch_execute(PRAGMAS)),
    };
    smoke_conformance::backend::check(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_through_deadpool_diesel_conforms() {
    let (url, _turn) = postgres::url().await;
    let database = Blocking {
        url,
        dialect: Dialect::Postgres,
        backend: |url| Rollback::postgres(url),
    };
    smoke_conformance::backend::check(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_with_a_savepoint_for_each_statement_through_deadpool_diesel_conforms() {
    let (url, _turn) = postgres::url().await;
    let database = Blocking {
        url,
        dialect: Dialect::Postgres,
        backend: |url| {
            Rollback::postgres(format!("{url}?sslmode=disable")).savepoint_each_statement()
        },
    };
    smoke_conformance::backend::check(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_through_deadpool_diesel_conforms() {
    let (url, _turn) = mariadb::url().await;
    let database = Blocking {
        url,
        dialect: Dialect::Mysql,
        backend: |url| Rollback::mysql(url).accept_implicit_commits(),
    };
    smoke_conformance::backend::check(database).await;
}
