//! diesel-async, whatever the database and the pool.

use std::any::Any;
use std::future::Future;
use std::ops::DerefMut;

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::{ConnectionError, QueryResult, SqliteConnection};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolError, bb8, deadpool,
};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{
    AsyncConnection, AsyncMysqlConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
};
use smoke_conformance::backend::{Database, Dialect};
use smoke_core::Backend;
use tokio::sync::MutexGuard;

use crate::version::work;
use crate::{mariadb, postgres};

/// A pool as an application uses it.
trait Lend: Clone + Send + Sync + 'static {
    type Connection: Count;

    fn of(url: &str) -> Self;

    fn lend(
        &self,
    ) -> impl Future<
        Output = Result<impl DerefMut<Target = Self::Connection> + Send + 'static, String>,
    > + Send;
}

type Manager<C> = AsyncDieselConnectionManager<C>;

/// A manager whose connections are set up.
fn manager<C: Count>(url: &str) -> Manager<C> {
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(|url| {
        Box::pin(async move {
            let mut connection = C::establish(url).await?;
            let set_up = connection.batch_execute(C::SETUP).await;
            set_up.map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        })
    });
    Manager::new_with_config(url, config)
}

impl<C: Count> Lend for deadpool::Pool<C>
where
    Manager<C>: ::deadpool::managed::Manager<Type = C, Error = PoolError>,
{
    type Connection = C;

    fn of(url: &str) -> Self {
        let pool = deadpool::Pool::builder(manager(url));
        pool.max_size(2).build().unwrap()
    }

    async fn lend(&self) -> Result<impl DerefMut<Target = C> + Send + 'static, String> {
        self.get().await.map_err(|error| error.to_string())
    }
}

impl<C: Count> Lend for bb8::Pool<C>
where
    Manager<C>: ::bb8::ManageConnection<Connection = C, Error = PoolError>,
{
    type Connection = C;

    fn of(url: &str) -> Self {
        let pool = bb8::Pool::builder().max_size(2);
        pool.build_unchecked(manager(url))
    }

    async fn lend(&self) -> Result<impl DerefMut<Target = C> + Send + 'static, String> {
        self.get_owned().await.map_err(|error| error.to_string())
    }
}

/// A connection that can be asked for a number.
trait Count: AsyncConnection + 'static {
    /// As a careful application sets its connections up.
    const SETUP: &str = "SELECT 1";

    fn count(&mut self, query: &str) -> impl Future<Output = QueryResult<i64>> + Send;
}

impl Count for AsyncPgConnection {
    async fn count(&mut self, query: &str) -> QueryResult<i64> {
        sql::<BigInt>(query).get_result(self).await
    }
}

impl Count for AsyncMysqlConnection {
    async fn count(&mut self, query: &str) -> QueryResult<i64> {
        sql::<BigInt>(query).get_result(self).await
    }
}

const PRAGMAS: &str =
    "PRAGMA busy_timeout = 500; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON";

impl Count for SyncConnectionWrapper<SqliteConnection> {
    const SETUP: &str = PRAGMAS;

    async fn count(&mut self, query: &str) -> QueryResult<i64> {
        sql::<BigInt>(query).get_result(self).await
    }
}

/// A database, and a backend for a pool of it.
struct Asynchronous<B> {
    url: String,
    dialect: Dialect,
    backend: fn(&str) -> B,
    closed: &'static str,
    seals: bool,
}

impl<B> Clone for Asynchronous<B> {
    fn clone(&self) -> Self {
        Self {
            url: self.url.clone(),
            ..*self
        }
    }
}

impl<B: Backend<Pool: Lend>> Database for Asynchronous<B> {
    type Pool = B::Pool;

    fn backend(&self) -> impl Backend<Pool = B::Pool> {
        (self.backend)(&self.url)
    }

    fn unreachable(&self) -> impl Backend<Pool = B::Pool> {
        match self.url.split_once(':') {
            Some((scheme, _)) => (self.backend)(&format!("{scheme}://app:secret@127.0.0.1:1/app")),
            None => (self.backend)("/nonexistent/app.db"),
        }
    }

    fn production(&self) -> B::Pool {
        match self.dialect {
            Dialect::Postgres => Lend::of(&postgres::direct_url()),
            _ => Lend::of(&self.url),
        }
    }

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn seals(&self) -> bool {
        self.seals
    }

    fn closed(&self) -> &'static str {
        self.closed
    }

    async fn execute(pool: &B::Pool, sql: &str) -> Result<(), String> {
        let mut connection = pool.lend().await?;
        let ran = connection.batch_execute(sql).await;
        ran.map_err(|error| error.to_string())
    }

    async fn transaction(pool: &B::Pool, sql: &str) -> Result<(), String> {
        let mut connection = pool.lend().await?;
        let ran = connection.transaction(work!(|connection| connection.batch_execute(sql).await));
        ran.await
            .map_err(|error: diesel::result::Error| error.to_string())
    }

    async fn number(pool: &B::Pool, query: &str) -> Result<i64, String> {
        let asked = pool.lend().await?.count(query).await;
        asked.map_err(|error| error.to_string())
    }

    async fn hold(pool: &B::Pool) -> Result<Box<dyn Any + Send>, String> {
        Ok(Box::new(pool.lend().await?))
    }
}

async fn on_postgres<B: Backend<Pool: Lend>>(
    (url, _turn): (String, MutexGuard<'static, ()>),
    seals: bool,
    backend: fn(&str) -> B,
    closed: &'static str,
) {
    let database = Asynchronous {
        url,
        dialect: Dialect::Postgres,
        backend,
        closed,
        seals,
    };
    smoke_conformance::backend::check(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_through_deadpool_conforms() {
    let url = postgres::url().await;
    let backend: fn(&str) -> _ = |url| smoke_diesel::deadpool::Rollback::postgres(url);
    on_postgres(url, true, backend, "closed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_with_a_savepoint_for_each_statement_through_deadpool_conforms() {
    let url = postgres::url().await;
    let backend: fn(&str) -> _ = |url| {
        let url = format!("{url}?sslmode=disable");
        smoke_diesel::deadpool::Rollback::postgres(url).savepoint_each_statement()
    };
    on_postgres(url, true, backend, "closed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_through_deadpool_and_a_pooler_conforms() {
    let url = postgres::pooled_url().await;
    let backend: fn(&str) -> _ = |url| smoke_diesel::deadpool::Rollback::postgres(url);
    on_postgres(url, false, backend, "closed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_with_a_savepoint_for_each_statement_through_deadpool_and_a_pooler_conforms() {
    let url = postgres::pooled_url().await;
    let backend: fn(&str) -> _ = |url| {
        let url = format!("{url}?sslmode=disable");
        smoke_diesel::deadpool::Rollback::postgres(url).savepoint_each_statement()
    };
    on_postgres(url, false, backend, "closed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_through_bb8_conforms() {
    let url = postgres::url().await;
    let backend: fn(&str) -> _ = |url| smoke_diesel::bb8::Rollback::postgres(url);
    on_postgres(url, true, backend, "Timed out").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_through_bb8_and_a_pooler_conforms() {
    let url = postgres::pooled_url().await;
    let backend: fn(&str) -> _ = |url| smoke_diesel::bb8::Rollback::postgres(url);
    on_postgres(url, false, backend, "Timed out").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_through_deadpool_conforms() {
    let (url, _turn) = mariadb::url().await;
    let database = Asynchronous {
        url,
        dialect: Dialect::Mysql,
        backend: |url| smoke_diesel::deadpool::Rollback::mysql(url).accept_implicit_commits(),
        closed: "closed",
        seals: false,
    };
    smoke_conformance::backend::check(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_through_bb8_conforms() {
    let (url, _turn) = mariadb::url().await;
    let database = Asynchronous {
        url,
        dialect: Dialect::Mysql,
        backend: |url| smoke_diesel::bb8::Rollback::mysql(url).accept_implicit_commits(),
        closed: "Timed out",
        seals: false,
    };
    smoke_conformance::backend::check(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_through_deadpool_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let database = Asynchronous {
        url: folder.path().join("app.db").to_string_lossy().into_owned(),
        dialect: Dialect::Sqlite,
        backend: |url| {
            smoke_diesel::deadpool::Rollback::sqlite(url)
                .setup(|connection| Box::pin(connection.batch_execute(PRAGMAS)))
        },
        closed: "closed",
        seals: true,
    };
    smoke_conformance::backend::check(database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_through_bb8_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let database = Asynchronous {
        url: folder.path().join("app.db").to_string_lossy().into_owned(),
        dialect: Dialect::Sqlite,
        backend: |url| {
            smoke_diesel::bb8::Rollback::sqlite(url)
                .setup(|connection| Box::pin(connection.batch_execute(PRAGMAS)))
        },
        closed: "Timed out",
        seals: true,
    };
    smoke_conformance::backend::check(database).await;
}
