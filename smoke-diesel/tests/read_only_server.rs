//! A MariaDB server that turns read-only while the service runs, as at a failover.
//!
//! In a program of its own, which tells a whole server something: the other tests have ended, or
//! have not begun.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::{AsyncConnection, AsyncMysqlConnection, SimpleAsyncConnection};
use smoke_core::{Outcome, Registry, Report, Result, Runner, Sandbox, Selection, Test};
use smoke_diesel::bb8::Rollback;
use smoke_testing::PATIENCE;

fn admin_url() -> String {
    std::env::var("SMOKE_TEST_MARIADB_ADMIN_URL").expect(
        "SMOKE_TEST_MARIADB_ADMIN_URL is not set: `cargo xtask test` starts a server and sets it",
    )
}

async fn administer(sql: &str) {
    let mut connection = AsyncMysqlConnection::establish(&admin_url()).await.unwrap();
    connection.batch_execute(sql).await.unwrap();
}

/// Ends with a server that takes writes, also where the test fails.
struct ReadOnly;

impl ReadOnly {
    async fn begin() -> Self {
        let read_only = Self;
        administer("SET GLOBAL read_only = ON").await;
        read_only
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        // A destructor cannot wait; the thread has a runtime of its own.
        let ended = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let limited = async {
                tokio::time::timeout(PATIENCE, administer("SET GLOBAL read_only = OFF")).await
            };
            runtime.block_on(limited).unwrap();
        });
        let _ = ended.join();
    }
}

/// What a handler does, of whose error the test hears nothing.
async fn inserts(Sandbox(pool): Sandbox<Pool<AsyncMysqlConnection>>) -> Result {
    let mut connection = pool.get().await?;
    let inserted = connection.batch_execute("INSERT INTO t VALUES (1)").await;
    inserted.map_err(|_| "500".into())
}

async fn run(runner: &Runner) -> Report {
    runner.run(Selection::fast()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mariadb_that_turns_read_only_and_then_does_not() {
    // One that is no administrator, who could write all the same.
    administer(
        "CREATE OR REPLACE DATABASE read_only_server; CREATE TABLE read_only_server.t (x INTEGER);
         CREATE OR REPLACE USER read_only_server IDENTIFIED BY 'word';
         GRANT ALL ON read_only_server.* TO read_only_server",
    )
    .await;
    let admin = admin_url();
    let (_, rest) = admin.rsplit_once('@').unwrap();
    let (server, _) = rest.split_once('/').unwrap();
    let url = format!("mysql://read_only_server:word@{server}/read_only_server");
    let backend = Rollback::mysql(url).accept_implicit_commits();
    let registry = Registry::new().rollback(backend);
    let runner = Runner::new(registry.test(Test::new("a", inserts)));
    let report = run(&runner).await;
    assert!(report.verdict().is_pass(), "{report:?}");

    let read_only = ReadOnly::begin().await;
    let report = run(&runner).await;
    let test = &report.tests[0];
    assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
    let said = test.message.as_deref().unwrap();
    assert!(said.contains("the database is read-only"), "{test:?}");
    drop(read_only);

    let report = run(&runner).await;
    assert!(report.verdict().is_pass(), "{report:?}");
    administer("DROP DATABASE read_only_server; DROP USER read_only_server").await;
}
