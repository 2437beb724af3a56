//! An application that has a pool.

use std::any::Any;
use std::future::Future;

use diesel::dsl::sql;
use diesel::r2d2::ConnectionManager;
use diesel::sql_types::{Bool, Integer};
use diesel::{IntoSql, PgConnection};
use diesel_async::pooled_connection::{bb8, deadpool};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use smoke_core::Backend;
use smoke_diesel::r2d2::Interact;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) type Deadpool = deadpool::Pool<AsyncPgConnection>;
pub(crate) type Bb8 = bb8::Pool<AsyncPgConnection>;
pub(crate) type R2d2 = diesel::r2d2::Pool<ConnectionManager<PgConnection>>;

/// A connection that is held until this is dropped.
pub(crate) enum Held {
    Task(JoinHandle<()>),
    Connection(#[expect(dead_code, reason = "is held for its drop")] Box<dyn Any + Send>),
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Self::Task(holding) = self {
            holding.abort();
        }
    }
}

pub(crate) trait Application: Clone + Send + Sync + 'static {
    fn backend(url: &str) -> impl Backend<Pool = Self>;

    fn run(&self, sql: &str) -> impl Future<Output = Result<(), String>> + Send;

    /// Takes the connection and keeps it.
    async fn hold(&self) -> Held;

    /// The server's process that the connection has.
    async fn process(&self) -> i32;

    /// Sends a statement that the library would keep prepared.
    async fn prepare(&self);
}

macro_rules! asynchronous {
    ($pool:ty, $rollback:path) => {
        impl Application for $pool {
            fn backend(url: &str) -> impl Backend<Pool = Self> {
                <$rollback>::postgres(url)
            }

            async fn run(&self, sql: &str) -> Result<(), String> {
                let mut connection = self.get().await.map_err(|error| error.to_string())?;
                let ran = connection.batch_execute(sql).await;
                ran.map_err(|error| error.to_string())
            }

            async fn hold(&self) -> Held {
                let (pool, (taken, held)) = (self.clone(), oneshot::channel());
                let holding = tokio::spawn(async move {
                    let _connection = pool.get().await.unwrap();
                    taken.send(()).unwrap();
                    std::future::pending().await
                });
                held.await.unwrap();
                Held::Task(holding)
            }

            async fn process(&self) -> i32 {
                let asked = sql::<Integer>("SELECT pg_backend_pid()");
                let mut connection = self.get().await.unwrap();
                diesel_async::RunQueryDsl::get_result(asked, &mut connection)
                    .await
                    .unwrap()
            }

            async fn prepare(&self) {
                let asked = diesel::select(true.into_sql::<Bool>());
                let mut connection = self.get().await.unwrap();
                diesel_async::RunQueryDsl::get_result::<bool>(asked, &mut connection)
                    .await
                    .unwrap();
            }
        }
    };
}

asynchronous!(
    Deadpool,
    smoke_diesel::deadpool::Rollback<AsyncPgConnection>
);
asynchronous!(Bb8, smoke_diesel::bb8::Rollback<AsyncPgConnection>);

impl Application for R2d2 {
    fn backend(url: &str) -> impl Backend<Pool = Self> {
        smoke_diesel::r2d2::Rollback::postgres(url)
    }

    async fn run(&self, sql: &str) -> Result<(), String> {
        let sql = sql.to_owned();
        let ran = self.interact(move |connection| {
            diesel::connection::SimpleConnection::batch_execute(connection, &sql)
        });
        ran.await.map_err(|error| error.to_string())
    }

    async fn hold(&self) -> Held {
        let pool = self.clone();
        let held = tokio::task::spawn_blocking(move || pool.get().unwrap());
        Held::Connection(Box::new(held.await.unwrap()))
    }

    async fn process(&self) -> i32 {
        let asked = sql::<Integer>("SELECT pg_backend_pid()");
        let answer =
            self.interact(move |connection| diesel::RunQueryDsl::get_result(asked, connection));
        answer.await.unwrap()
    }

    async fn prepare(&self) {
        let asked = diesel::select(true.into_sql::<Bool>());
        let answer = self
            .interact(move |connection| diesel::RunQueryDsl::get_result::<bool>(asked, connection));
        answer.await.unwrap();
    }
}
