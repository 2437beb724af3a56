//! MariaDB, diesel-async, bb8.

use std::time::Duration;

use diesel::dsl::sql;
use diesel::result::Error;
use diesel::sql_types::BigInt;
use diesel_async::pooled_connection::bb8::PooledConnection;
use diesel_async::{AsyncConnection, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection};
use smoke_core::Backend;
use smoke_diesel::bb8::Rollback;
use uuid::Uuid;

use super::role::url_of;
use super::{Held, PATIENCE, Subject};
use crate::version::work;

pub(crate) type Pool = diesel_async::pooled_connection::bb8::Pool<AsyncMysqlConnection>;

/// A database of its own on the server that the environment names.
pub(crate) struct Mariadb {
    database: String,
}

fn admin_url() -> String {
    std::env::var("SMOKE_TEST_MARIADB_ADMIN_URL").expect(
        "SMOKE_TEST_MARIADB_ADMIN_URL is not set: it has to name a role that may create databases",
    )
}

async fn administer(sql: &str) {
    let mut connection = AsyncMysqlConnection::establish(&admin_url()).await.unwrap();
    connection.batch_execute(sql).await.unwrap();
}

/// What an administrator is told.
pub(crate) async fn number(sql_text: &str) -> i64 {
    let mut connection = AsyncMysqlConnection::establish(&admin_url()).await.unwrap();
    let asked = sql::<BigInt>(sql_text).get_result(&mut connection);
    asked.await.unwrap()
}

impl Mariadb {
    pub(crate) fn url(&self) -> String {
        let url = admin_url();
        let (server, _) = url.rsplit_once('/').unwrap();
        format!("{server}/{}", self.database)
    }

    pub(crate) async fn connect(&self) -> AsyncMysqlConnection {
        AsyncMysqlConnection::establish(&self.url()).await.unwrap()
    }
}

/// A user of its own, who may do everything in all databases of the tests and ask the server nothing.
#[derive(Debug)]
pub(crate) struct Login(String);

impl Login {
    pub(crate) async fn new() -> Self {
        let login = Self(format!("u{}", Uuid::new_v4().simple()));
        let Self(name) = &login;
        administer(&format!(
            "CREATE USER {name}@127.0.0.1 IDENTIFIED BY 'word'; GRANT ALL ON `s%`.* TO {name}@127.0.0.1"
        ))
        .await;
        login
    }

    /// How SQL names it.
    pub(crate) fn account(&self) -> String {
        format!("{}@127.0.0.1", self.0)
    }

    pub(crate) fn url(&self, subject: &Mariadb) -> String {
        url_of(&subject.url(), Some((&self.0, "word")), None)
    }

    pub(crate) async fn drop(self) {
        administer(&format!("DROP USER {}", self.account())).await;
    }
}

impl Subject for Mariadb {
    type Pool = Pool;

    const LONG: &str = "SELECT SLEEP(30)";

    async fn new() -> Self {
        let database = format!("s{}", Uuid::new_v4().simple());
        administer(&format!(
            "CREATE DATABASE {database}; CREATE TABLE {database}.t (x INTEGER UNIQUE)"
        ))
        .await;
        Self { database }
    }

    fn backend(&self) -> impl Backend<Pool = Pool> {
        Rollback::mysql(self.url()).accept_implicit_commits()
    }

    fn unreachable() -> (impl Backend<Pool = Pool>, &'static str) {
        (
            Rollback::mysql("mysql://app:secret@127.0.0.1:1/app"),
            "Connection refused",
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
        Box::new(pool.get_owned().await.unwrap())
    }

    async fn run_on(held: &mut Held, sql: &str) -> Result<(), String> {
        let held: &mut PooledConnection<'static, AsyncMysqlConnection> =
            held.downcast_mut().unwrap();
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
        false
    }

    /// It checks each constraint with its statement.
    fn deferred(&self) -> &'static str {
        unreachable!("there are no deferred constraints")
    }

    fn tells_closed() -> bool {
        false
    }

    async fn rows(&self) -> i64 {
        sql::<BigInt>("SELECT count(*) FROM t")
            .get_result(&mut self.connect().await)
            .await
            .unwrap()
    }

    async fn can_write(&self) -> Result<(), String> {
        let mut connection = self.connect().await;
        let wrote = connection.batch_execute("LOCK TABLES t WRITE NOWAIT; UNLOCK TABLES");
        match tokio::time::timeout(Duration::from_secs(5), wrote).await {
            Ok(wrote) => wrote.map_err(|error| error.to_string()),
            Err(_) => Err("it takes too long".to_owned()),
        }
    }
}

impl Drop for Mariadb {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {}", self.database);
        // A destructor cannot wait; the thread has a runtime of its own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let limited = async { tokio::time::timeout(PATIENCE, administer(&sql)).await };
            runtime.block_on(limited).unwrap();
        });
        let _ = dropped.join();
    }
}
