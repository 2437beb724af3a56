//! PostgreSQL, diesel-async, deadpool.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use diesel::dsl::sql;
use diesel::result::Error;
use diesel::sql_types::{Nullable, Text};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, SimpleAsyncConnection,
    TransactionManager,
};
use smoke_core::Backend;
use smoke_diesel::deadpool::Rollback;
use uuid::Uuid;

use super::{HELD, PATIENCE, Place};
use crate::version::work;

pub(crate) type Pool = diesel_async::pooled_connection::deadpool::Pool<AsyncPgConnection>;

/// A database of its own, so that the server counts its connections apart.
pub(crate) struct Postgres {
    pub(crate) database: String,
    /// How many connections production has made.
    own: Mutex<usize>,
}

fn url(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: `cargo xtask test` starts a server and sets it")
    })
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.unwrap()
}

async fn first(connection: &mut AsyncPgConnection, query: &str) -> Result<String, String> {
    let query = sql::<Nullable<Text>>(query);
    let rows = diesel_async::RunQueryDsl::load::<Option<String>>(query, connection);
    let first = rows.await.map_err(|error| error.to_string())?;
    let first = first.into_iter().next().flatten();
    Ok(first.unwrap_or_else(|| "NULL".to_owned()))
}

impl Postgres {
    pub(crate) fn url(&self) -> String {
        let url = url("SMOKE_TEST_POSTGRES_URL");
        let (server, _) = url.rsplit_once('/').unwrap();
        format!("{server}/{}", self.database)
    }

    pub(crate) fn rollback(&self) -> Rollback<AsyncPgConnection> {
        Rollback::postgres(self.url()).limit(HELD)
    }

    /// A connection beside the database.
    pub(crate) async fn administrator() -> AsyncPgConnection {
        connect(&url("SMOKE_TEST_POSTGRES_ADMIN_URL")).await
    }

    /// Asks the server, beside the database.
    pub(crate) async fn administer(query: &str) -> String {
        first(&mut Self::administrator().await, query)
            .await
            .unwrap()
    }

    /// A connection of production's.
    pub(crate) async fn production(&self) -> AsyncPgConnection {
        *self.own.lock().unwrap() += 1;
        connect(&self.url()).await
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.production().await.batch_execute(sql).await.unwrap();
    }

    pub(crate) async fn first(&self, query: &str) -> String {
        first(&mut self.production().await, query).await.unwrap()
    }

    async fn until_nobody_is(&self, who: &str) {
        let count = format!(
            "SELECT count(*)::text FROM pg_stat_activity WHERE datname = '{}' AND {who}",
            self.database
        );
        let begun = Instant::now();
        while Self::administer(&count).await != "0" {
            assert!(begun.elapsed() < PATIENCE, "a connection is left");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Place for Postgres {
    type Pool = Pool;

    const WHO: &'static str = "SELECT pg_backend_pid()::text";

    const LONG: &'static str = "SELECT pg_sleep(30)";

    async fn new() -> Self {
        let database = format!("s{}", Uuid::new_v4().simple());
        let mut admin = Self::administrator().await;
        let create = format!("CREATE DATABASE {database} OWNER smoke");
        admin.batch_execute(&create).await.unwrap();
        let place = Self {
            database,
            own: Mutex::new(0),
        };
        place.execute("CREATE TABLE t (x INTEGER UNIQUE)").await;
        place
    }

    fn moving(&self, limit: Duration) -> impl Backend<Pool = Pool> {
        self.rollback().limit(limit)
    }

    fn reading(&self) -> impl Backend<Pool = Pool> {
        self.rollback().read_only()
    }

    fn one_a_test(&self) -> impl Backend<Pool = Pool> {
        self.rollback().one_connection_a_test()
    }

    async fn run(pool: &Pool, sql: &str) -> Result<(), String> {
        let mut connection = pool.get().await.map_err(|error| error.to_string())?;
        let ran = connection.batch_execute(sql).await;
        ran.map_err(|error| error.to_string())
    }

    async fn ask(pool: &Pool, sql: &str) -> Result<String, String> {
        let mut connection = pool.get().await.map_err(|error| error.to_string())?;
        first(&mut connection, sql).await
    }

    async fn roll_back(pool: &Pool, sql: &str) -> Result<(), String> {
        let mut connection = pool.get().await.map_err(|error| error.to_string())?;
        let ended = connection.transaction(work!(|connection| {
            connection.batch_execute(sql).await?;
            Err::<(), _>(Error::RollbackTransaction)
        }));
        match ended.await {
            Err(Error::RollbackTransaction) => Ok(()),
            ended => Err(format!("{ended:?}")),
        }
    }

    async fn leave_open(pool: &Pool) -> Result<(), String> {
        let mut connection = pool.get().await.map_err(|error| error.to_string())?;
        let begun = AnsiTransactionManager::begin_transaction(&mut *connection).await;
        begun.map_err(|error| error.to_string())
    }

    async fn rows(&self) -> i64 {
        let rows = self.first("SELECT count(*)::text FROM t").await;
        rows.parse().unwrap()
    }

    async fn end(&self, who: &str) {
        Self::administer(&format!("SELECT pg_terminate_backend({who})::text")).await;
        self.until_nobody_is(&format!("pid = {who}")).await;
    }

    /// A server has counted a connection when it no longer shows it.
    async fn made(&self) -> Option<usize> {
        self.until_nobody_is("true").await;
        let count = "SELECT sessions::text FROM pg_stat_database WHERE datname";
        let sessions = Self::administer(&format!("{count} = '{}'", self.database)).await;
        let sessions: usize = sessions.parse().unwrap();
        Some(sessions - *self.own.lock().unwrap())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.database);
        // A destructor cannot wait; the thread has a runtime of its own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut admin = Self::administrator().await;
                let _ = admin.batch_execute(&sql).await;
            });
        });
        let _ = dropped.join();
    }
}
