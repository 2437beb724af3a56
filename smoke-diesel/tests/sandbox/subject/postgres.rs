//! PostgreSQL, diesel-async, deadpool.

use std::time::Duration;

use diesel::dsl::sql;
use diesel::result::Error;
use diesel::sql_types::BigInt;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use smoke_core::Backend;
use smoke_diesel::deadpool::Rollback;
use uuid::Uuid;

use super::{Held, PATIENCE, Subject};
use crate::version::work;

pub(crate) type Pool = diesel_async::pooled_connection::deadpool::Pool<AsyncPgConnection>;

/// A schema of its own in the database that the environment names.
pub(crate) struct Postgres {
    schema: String,
}

pub(crate) fn url() -> String {
    std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
        "SMOKE_TEST_POSTGRES_URL is not set: it has to name a PostgreSQL database in which an ordinary role may create schemas",
    )
}

impl Postgres {
    /// A connection of the application's production.
    pub(crate) async fn connect(&self) -> AsyncPgConnection {
        let mut connection = AsyncPgConnection::establish(&url()).await.unwrap();
        connection.batch_execute(&self.search_path()).await.unwrap();
        connection
    }

    pub(crate) fn search_path(&self) -> String {
        format!("SET search_path = {}", self.schema)
    }

    pub(crate) fn rollback(&self) -> Rollback<AsyncPgConnection> {
        let manager = || AsyncDieselConnectionManager::<AsyncPgConnection>::new(url());
        self.set_up(Rollback::with_manager(manager))
    }

    pub(crate) fn rollback_at(&self, url: String) -> Rollback<AsyncPgConnection> {
        self.set_up(Rollback::postgres(url))
    }

    fn set_up(&self, rollback: Rollback<AsyncPgConnection>) -> Rollback<AsyncPgConnection> {
        let sql = self.search_path();
        rollback.setup(move |connection| {
            let sql = sql.clone();
            Box::pin(async move { connection.batch_execute(&sql).await })
        })
    }
}

/// A subject that is a PostgreSQL database, whatever the library.
pub(crate) trait OnPostgres: Subject {
    fn postgres(&self) -> &Postgres;

    /// A backend of the same database, as somebody else or by another way.
    fn at(&self, url: String) -> impl Backend<Pool = Self::Pool>;
}

impl OnPostgres for Postgres {
    fn postgres(&self) -> &Postgres {
        self
    }

    fn at(&self, url: String) -> impl Backend<Pool = Pool> {
        self.rollback_at(url)
    }
}

impl Subject for Postgres {
    type Pool = Pool;

    const LONG: &str = "SELECT pg_sleep(30)";

    async fn new() -> Self {
        let schema = format!("s{}", Uuid::new_v4().simple());
        let sql = format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.t (x INTEGER UNIQUE)");
        let mut connection = AsyncPgConnection::establish(&url()).await.unwrap();
        connection.batch_execute(&sql).await.unwrap();
        Self { schema }
    }

    fn backend(&self) -> impl Backend<Pool = Pool> {
        self.rollback()
    }

    fn unreachable() -> (impl Backend<Pool = Pool>, &'static str) {
        (
            Rollback::new("postgres://app:secret@127.0.0.1:1/app"),
            "error connecting to server",
        )
    }

    async fn run(pool: &Pool, sql: &str) -> Result<(), String> {
        let mut connection = pool.get().await.map_err(|error| error.to_string())?;
        let ran = connection.batch_execute(sql).await;
        ran.map_err(|error| error.to_string())
    }

    async fn transaction(pool: &Pool, sql: &str, commit: bool) {
        let mut connection = pool.get().await.unwrap();
        let ended = connection.transaction(work!(|connection| {
            connection.batch_execute(sql).await?;
            if commit {
                Ok(())
            } else {
                Err(Error::RollbackTransaction)
            }
        }));
        assert_eq!(ended.await.is_ok(), commit);
    }

    async fn hold(pool: &Pool) -> Held {
        Box::new(pool.get().await.unwrap())
    }

    async fn run_on(held: &mut Held, sql: &str) -> Result<(), String> {
        let held: &mut Object<AsyncPgConnection> = held.downcast_mut().unwrap();
        let ran = held.batch_execute(sql).await;
        ran.map_err(|error| error.to_string())
    }

    async fn panic(pool: &Pool) {
        let pool = pool.clone();
        let panicking = tokio::spawn(async move {
            let _connection = pool.get().await.unwrap();
            panic!("the till is empty");
        });
        panicking.await.unwrap_err();
    }

    fn survives_a_panic() -> bool {
        true
    }

    fn deferred(&self) -> &'static str {
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
    }

    async fn rows(&self) -> i64 {
        sql::<BigInt>("SELECT count(*) FROM t")
            .get_result(&mut self.connect().await)
            .await
            .unwrap()
    }

    async fn can_write(&self) -> Result<(), String> {
        let sql = "BEGIN; SET LOCAL lock_timeout = 1; LOCK TABLE t; ROLLBACK";
        let mut connection = self.connect().await;
        let wrote = connection.batch_execute(sql);
        match tokio::time::timeout(Duration::from_secs(5), wrote).await {
            Ok(wrote) => wrote.map_err(|error| error.to_string()),
            Err(_) => Err("it takes too long".to_owned()),
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let sql = format!("DROP SCHEMA {} CASCADE", self.schema);
        // A destructor cannot wait; the thread has a runtime of its own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let dropping = async {
                let mut connection = AsyncPgConnection::establish(&url()).await.unwrap();
                let _ = connection.batch_execute(&sql).await;
            };
            let limited = async { tokio::time::timeout(PATIENCE, dropping).await };
            runtime.block_on(limited).unwrap();
        });
        let _ = dropped.join();
    }
}
