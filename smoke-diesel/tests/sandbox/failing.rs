//! A server that fails: each run says how, and the next one is right again without a restart.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use smoke_conformance::{Line, eventually};
use smoke_core::{Backend, Result, Sandbox, Test};
use smoke_diesel::bb8;
use uuid::Uuid;

use crate::causes::{assert_errored, run, runner};
use crate::subject::mariadb::Mariadb;
use crate::subject::postgres::{OnPostgres, url};
use crate::subject::role::{Role, url_of};
use crate::subject::sqlite::Sqlite;
use crate::subject::{PATIENCE, Subject, on_postgres};

on_postgres! {
    a_server_that_dies_and_comes_back,
    a_server_that_is_full_and_then_is_not,
    a_login_that_is_refused_and_then_is_not,
    a_database_that_is_read_only_and_then_is_not,
    a_backend_that_is_ended_mid_test,
    a_table_that_is_altered_between_two_runs,
}

async fn inserts<S: Subject>(Sandbox(pool): Sandbox<S::Pool>) -> Result {
    S::run(&pool, "INSERT INTO t VALUES (1)")
        .await
        .map_err(|_| "500".into())
}

pub(crate) async fn line_to(url: &str) -> Line {
    let (_, rest) = url.rsplit_once('@').unwrap();
    let (server, _) = rest.split_once('/').unwrap();
    let server = tokio::net::lookup_host(server).await.unwrap().next();
    Line::to(server.unwrap()).await.unwrap()
}

/// A test during which the line is cut, the first time.
fn cut_once<S: Subject>(line: Line) -> Test {
    let whole = Arc::new(AtomicBool::new(true));
    Test::new("a", move |Sandbox(pool): Sandbox<S::Pool>| {
        let (whole, line) = (Arc::clone(&whole), line.clone());
        async move {
            let insert = "INSERT INTO t VALUES (1)";
            S::run(&pool, insert).await?;
            if whole.swap(false, Ordering::SeqCst) {
                line.cut().await;
            }
            S::run(&pool, "INSERT INTO t VALUES (2)").await?;
            Ok::<_, smoke_core::Error>(())
        }
    })
}

async fn dies_and_comes_back<S: Subject>(
    subject: &S,
    line: &Line,
    backend: impl Backend<Pool = S::Pool>,
) {
    let runner = runner(backend, cut_once::<S>(line.clone()));
    assert_errored(&run(&runner).await, "connection was lost");
    assert_errored(&run(&runner).await, "down or cannot be reached");
    line.mend().await.unwrap();
    let report = run(&runner).await;
    assert!(report.verdict().is_pass(), "{report:?}");
    assert_eq!(subject.rows().await, 0);
}

async fn a_server_that_dies_and_comes_back<S: OnPostgres>() {
    let subject = S::new().await;
    let line = line_to(&url()).await;
    let backend = subject.at(url_of(&url(), None, Some(line.address())));
    dies_and_comes_back(&subject, &line, backend).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mariadb_that_dies_and_comes_back() {
    let subject = Mariadb::new().await;
    let line = line_to(&subject.url()).await;
    let url = url_of(&subject.url(), None, Some(line.address()));
    // The driver would go on by way of the server's own socket, past the line.
    let url = format!("{url}?prefer_socket=false");
    let backend = bb8::Rollback::mysql(url).accept_implicit_commits();
    dies_and_comes_back(&subject, &line, backend).await;
}

/// What is said while the role is altered, and that the next run passes when it is altered back.
async fn altered<S: OnPostgres>(how: &str, back: &str, said: &str) {
    let subject = S::new().await;
    let role = Role::new().await;
    let runner = runner(subject.at(role.url()), Test::new("a", inserts::<S>));
    let before = run(&runner).await;
    assert!(before.verdict().is_pass(), "{before:?}");
    role.alter(how).await;
    assert_errored(&run(&runner).await, said);
    role.alter(back).await;
    let after = run(&runner).await;
    assert!(after.verdict().is_pass(), "{after:?}");
    role.drop().await;
}

async fn a_server_that_is_full_and_then_is_not<S: OnPostgres>() {
    altered::<S>("CONNECTION LIMIT 0", "CONNECTION LIMIT -1", "no capacity").await;
}

async fn a_login_that_is_refused_and_then_is_not<S: OnPostgres>() {
    altered::<S>(
        "PASSWORD 'other'",
        "PASSWORD 'word'",
        "it refuses the login",
    )
    .await;
}

async fn a_database_that_is_read_only_and_then_is_not<S: OnPostgres>() {
    let how = "SET default_transaction_read_only = on";
    let back = "RESET default_transaction_read_only";
    altered::<S>(how, back, "the database is read-only").await;
}

async fn a_backend_that_is_ended_mid_test<S: OnPostgres>() {
    let subject = Arc::new(OnceLock::<S>::new());
    let ended = Arc::new(AtomicBool::new(false));
    let body = {
        let (subject, ended) = (Arc::clone(&subject), Arc::clone(&ended));
        move |Sandbox(pool): Sandbox<S::Pool>| {
            let (subject, ended) = (Arc::clone(&subject), Arc::clone(&ended));
            async move {
                S::run(&pool, "INSERT INTO t VALUES (1)").await?;
                if !ended.swap(true, Ordering::SeqCst) {
                    let mut other = subject.get().unwrap().postgres().connect().await;
                    let all = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_locks WHERE relation = 't'::regclass";
                    let _: i64 = sql::<BigInt>(all).get_result(&mut other).await?;
                }
                S::run(&pool, "INSERT INTO t VALUES (2)").await?;
                Ok::<_, smoke_core::Error>(())
            }
        }
    };
    let subject = {
        let _ = subject.set(S::new().await);
        subject
    };
    let backend = subject.get().unwrap().backend();
    let runner = runner(backend, Test::new("a", body));
    assert_errored(&run(&runner).await, "connection was lost");
    let report = run(&runner).await;
    assert!(report.verdict().is_pass(), "{report:?}");
}

async fn a_table_that_is_altered_between_two_runs<S: OnPostgres>() {
    let subject = S::new().await;
    let runner = runner(subject.backend(), Test::new("a", inserts::<S>));
    for alter in [
        "ALTER TABLE t ADD y TEXT",
        "ALTER TABLE t ALTER x TYPE bigint",
    ] {
        let report = run(&runner).await;
        assert!(report.verdict().is_pass(), "{report:?}");
        let mut production = subject.postgres().connect().await;
        production.batch_execute(alter).await.unwrap();
    }
    let report = run(&runner).await;
    assert!(report.verdict().is_pass(), "{report:?}");
    let mut production = subject.postgres().connect().await;
    production.batch_execute("DROP TABLE t").await.unwrap();
    let report = run(&runner).await;
    assert!(!report.verdict().is_pass(), "{report:?}");
    production
        .batch_execute("CREATE TABLE t (x INTEGER)")
        .await
        .unwrap();
    let report = run(&runner).await;
    assert!(report.verdict().is_pass(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mariadb_that_is_full_and_then_is_not() {
    let subject = Mariadb::new().await;
    let user = format!("u{}", &Uuid::new_v4().simple().to_string()[..16]);
    let tell = async |sql: String| subject.connect().await.batch_execute(&sql).await.unwrap();
    tell(format!(
        "CREATE USER {user} IDENTIFIED BY 'word'; GRANT ALL ON *.* TO {user}"
    ))
    .await;
    let url = url_of(&subject.url(), Some((&user, "word")), None);
    let backend = bb8::Rollback::mysql(&url).accept_implicit_commits();
    let runner = runner(backend, Test::new("a", inserts::<Mariadb>));
    let before = run(&runner).await;
    assert!(before.verdict().is_pass(), "{before:?}");
    tell(format!("ALTER USER {user} WITH MAX_USER_CONNECTIONS 1")).await;
    // The server ends the sandbox's session in its own time.
    let taken = std::sync::Mutex::new(None);
    let take = async || {
        let connected = diesel_async::AsyncMysqlConnection::establish(&url).await;
        connected.map(|connection| *taken.lock().unwrap() = Some(connection))
    };
    let taking = eventually(PATIENCE, take, Result::is_ok);
    taking.await.unwrap().unwrap();
    assert_errored(&run(&runner).await, "no capacity");
    drop(taken);
    tell(format!("ALTER USER {user} WITH MAX_USER_CONNECTIONS 0")).await;
    let after = run(&runner).await;
    assert!(after.verdict().is_pass(), "{after:?}");
    tell(format!("ALTER USER {user} IDENTIFIED BY 'other'")).await;
    assert_errored(&run(&runner).await, "it refuses the login");
    tell(format!("DROP USER {user}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_that_is_gone_full_or_read_only() {
    use diesel::connection::SimpleConnection;
    let subject = Sqlite::new().await;
    let runner_of = |setup: &'static str| {
        let backend = subject.rollback().setup(|c| c.batch_execute(setup));
        runner(backend, Test::new("a", inserts::<Sqlite>))
    };
    let whole = runner_of("SELECT 1");
    let report = run(&whole).await;
    assert!(report.verdict().is_pass(), "{report:?}");

    let read_only = runner_of("PRAGMA query_only = ON");
    assert_errored(&run(&read_only).await, "the database is read-only");

    let file = subject.url();
    let aside = format!("{file}.aside");
    std::fs::rename(&file, &aside).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert_errored(&run(&whole).await, "down or cannot be reached");
    std::fs::remove_dir(&file).unwrap();
    std::fs::rename(&aside, &file).unwrap();
    let report = run(&whole).await;
    assert!(report.verdict().is_pass(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_disk_that_is_full_leaves_nothing() {
    async fn fills(Sandbox(pool): Sandbox<<Sqlite as Subject>::Pool>) -> Result {
        Sqlite::run(&pool, "PRAGMA max_page_count = 1").await?;
        let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000)
                    INSERT INTO t SELECT i FROM n";
        Sqlite::run(&pool, many).await?;
        Ok(())
    }
    let subject = Sqlite::new().await;
    let full = runner(subject.backend(), Test::new("a", fills));
    assert_errored(&run(&full).await, "full");
    assert_eq!(subject.rows().await, 0);
    let next = runner(subject.backend(), Test::new("a", inserts::<Sqlite>));
    let report = run(&next).await;
    assert!(report.verdict().is_pass(), "{report:?}");
}
