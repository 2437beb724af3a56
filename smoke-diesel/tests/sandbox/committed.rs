//! What was committed before a connection was lost, where nobody can be asked: MariaDB.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::MysqlConnection;
use diesel::dsl::sql;
use diesel::r2d2::ConnectionManager;
use diesel::sql_types::BigInt;
use diesel_async::pooled_connection::deadpool::{Object, Pool as Deadpool};
use diesel_async::{AsyncConnection, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection};
use smoke_core::{Report, RollbackVerdict, Sandbox, Test};

use crate::causes::{assert_errored, run, runner};
use crate::subject::mariadb::Mariadb;
use crate::subject::{Sandbox as Opened, Subject, is_escaped, is_lost, is_straggler, open};

const INSERT: &str = "INSERT INTO t VALUES (1)";

/// Two runs of a test that takes the connection out of the pool, the second of which does not.
async fn taken_out_once(then: &'static str) -> (Mariadb, Report, Report) {
    let subject = Mariadb::new().await;
    let once = Arc::new(AtomicBool::new(true));
    let body = move |Sandbox(pool): Sandbox<Deadpool<AsyncMysqlConnection>>| {
        let once = Arc::clone(&once);
        async move {
            let mut held = pool.get().await?;
            held.batch_execute(INSERT).await?;
            if once.swap(false, Ordering::SeqCst) {
                Object::take(held).batch_execute(then).await?;
            }
            Ok::<_, smoke_core::Error>(())
        }
    };
    let backend = smoke_diesel::deadpool::Rollback::mysql(subject.url()).accept_implicit_commits();
    let runner = runner(backend, Test::new("a", body));
    let (first, second) = (run(&runner).await, run(&runner).await);
    (subject, first, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_on_a_connection_that_was_taken_bars_the_test() {
    let (subject, first, second) = taken_out_once("COMMIT").await;
    assert_errored(&first, "DATA MAY HAVE BEEN COMMITTED");
    assert_errored(&first, "COMMIT was sent");
    assert_errored(&second, "will not run again");
    assert_eq!(subject.rows().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_taken_and_did_not_commit_bars_nothing() {
    let (subject, first, second) = taken_out_once("INSERT INTO t VALUES (2)").await;
    assert_errored(&first, "connection was lost");
    assert!(second.verdict().is_pass(), "{second:?}");
    assert_eq!(subject.rows().await, 0);
}

/// What an administrator does, or a server that is shut down.
async fn end_all(subject: &Mariadb) {
    let mut production = subject.connect().await;
    let all = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist
               WHERE db = DATABASE() AND id <> CONNECTION_ID()";
    let asked = sql::<BigInt>(all).load::<i64>(&mut production);
    for id in asked.await.unwrap() {
        let kill = format!("KILL CONNECTION {id}");
        match production.batch_execute(&kill).await {
            // One of the set-up's, which went by itself meanwhile.
            Err(error) if error.to_string().contains("Unknown thread id") => {}
            ended => ended.unwrap(),
        }
    }
}

/// What is found where the server ends a connection after these statements.
async fn ended_after(statements: &[&str]) -> RollbackVerdict {
    let sandbox = Opened::<Mariadb>::open().await;
    for sql in statements {
        sandbox.run(sql).await.unwrap();
    }
    end_all(&sandbox.subject).await;
    sandbox.finish().await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_before_the_server_ended_the_connection_is_noticed() {
    for statements in [
        &[INSERT, "COMMIT"][..],
        &[INSERT, "SELECT 1; COMMIT"],
        &[INSERT, "CREATE TEMPORARY TABLE u (x INTEGER)"],
    ] {
        let verdict = ended_after(statements).await;
        assert!(is_escaped(&verdict), "{statements:?}: {verdict:?}");
    }
    for statements in [
        &[INSERT][..],
        &["(SELECT 1) UNION (SELECT 2)", "SHOW TABLES"],
    ] {
        let verdict = ended_after(statements).await;
        assert!(is_lost(&verdict), "{statements:?}: {verdict:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_statement_is_given_is_not_read_as_one() {
    let sandbox = Opened::<Mariadb>::open().await;
    let mut held = sandbox.pool.get().await.unwrap();
    let given = diesel::sql_query("SELECT ?");
    let given = given.bind::<diesel::sql_types::Text, _>("a; b /* c */");
    given.execute(&mut held).await.unwrap();
    drop(held);
    end_all(&sandbox.subject).await;
    let (_, verdict) = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_before_the_limit_is_noticed() {
    let sandbox = Opened::<Mariadb>::open().await;
    sandbox.run(INSERT).await.unwrap();
    sandbox.run("COMMIT").await.unwrap();
    sandbox.session.cut().await;
    let (_, verdict) = sandbox.finish().await;
    assert!(is_escaped(&verdict), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_a_straggler_is_noticed() {
    for (sql, committed) in [("COMMIT", true), ("SELECT 1", false)] {
        let sandbox = Opened::<Mariadb>::open().await;
        let mut held = Mariadb::hold(&sandbox.pool).await;
        for sql in [INSERT, sql] {
            Mariadb::run_on(&mut held, sql).await.unwrap();
        }
        let (_subject, verdict) = sandbox.finish().await;
        assert_eq!(is_escaped(&verdict), committed, "{verdict:?}");
        assert_eq!(is_straggler(&verdict), !committed, "{verdict:?}");
    }
}

/// Nobody hears then what is sent.
#[tokio::test(flavor = "multi_thread")]
async fn an_instrumentation_of_the_applications_own_may_hide_a_commit() {
    let sandbox = Opened::<Mariadb>::open().await;
    let mut held = sandbox.pool.get().await.unwrap();
    held.set_instrumentation(|_: diesel::connection::InstrumentationEvent<'_>| {});
    drop(held);
    let mut held = Mariadb::hold(&sandbox.pool).await;
    Mariadb::run_on(&mut held, "INSERT INTO t VALUES (1); COMMIT")
        .await
        .unwrap();
    end_all(&sandbox.subject).await;
    drop(held);
    let (_, verdict) = sandbox.finish().await;
    assert!(is_escaped(&verdict), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_before_the_server_ended_the_connection_is_noticed_through_r2d2() {
    type Pool = diesel::r2d2::Pool<ConnectionManager<MysqlConnection>>;
    async fn send(pool: &Pool, sql: &'static str) {
        use diesel::connection::SimpleConnection;
        let pool = pool.clone();
        let sent = tokio::task::spawn_blocking(move || pool.get().unwrap().batch_execute(sql));
        sent.await.unwrap().unwrap();
    }
    let subject = Mariadb::new().await;
    for committed in [true, false] {
        let backend = smoke_diesel::r2d2::Rollback::mysql(subject.url());
        let sandbox = open(&backend.accept_implicit_commits()).await.unwrap();
        send(&sandbox.pool, "INSERT INTO t VALUES (1)").await;
        if committed {
            send(&sandbox.pool, "COMMIT").await;
        }
        end_all(&subject).await;
        drop(sandbox.pool);
        let verdict = sandbox.session.finish().await;
        assert_eq!(is_escaped(&verdict), committed, "{verdict:?}");
        assert_eq!(is_lost(&verdict), !committed, "{verdict:?}");
        let mut production = subject.connect().await;
        production.batch_execute("DELETE FROM t").await.unwrap();
    }
}
