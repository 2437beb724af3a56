//! What is special about MariaDB: it commits on its own, and has limits of its own.

use std::time::{Duration, Instant};

use smoke_core::{Backend, Opened, RollbackVerdict};
use smoke_sqlx::Rollback;
use sqlx::{MySql, MySqlPool};

use crate::subject::{Sandbox, Subject, is_escaped, is_lost, open};
use crate::version::trusted;

async fn setting(pool: &MySqlPool, name: &str) -> String {
    let sql = format!("SELECT CAST(@@SESSION.{name} AS CHAR)");
    let asked = sqlx::query_scalar(trusted(&*sql)).fetch_one(pool);
    asked.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_written_unless_implicit_commits_are_accepted() {
    let ((), production) = MySql::production().await;
    let Opened { pool, session } = open(&Rollback::like(&production)).await.unwrap();
    assert_eq!(MySql::rows(&pool).await, 0);
    for sql in ["INSERT INTO t VALUES (1)", "TRUNCATE TABLE t"] {
        let error = MySql::run(&pool, sql).await.unwrap_err().to_string();
        assert!(error.contains("READ ONLY"), "{error}");
    }
    drop(pool);
    session.finish().await;
    assert_eq!(MySql::rows(&production).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_are_set_on_the_server() {
    let sandbox = Sandbox::<MySql>::open_with_its_limit().await;
    for (name, value) in [
        ("tx_isolation", "READ-COMMITTED"),
        ("innodb_lock_wait_timeout", "0"),
        ("lock_wait_timeout", "1"),
        ("max_statement_time", "2.000000"),
        ("idle_transaction_timeout", "2"),
    ] {
        assert_eq!(setting(&sandbox.pool, name).await, value, "{name}");
    }
    assert!(sandbox.finish().await.is_rolled_back());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_applications_own_isolation_stays() {
    let ((), production) = MySql::production().await;
    let backend = Rollback::like(&production).setup(|connection| {
        Box::pin(async move {
            let sql = "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE";
            MySql::run_on(connection, sql).await
        })
    });
    let Opened { pool, session } = open(&backend).await.unwrap();
    assert_eq!(setting(&pool, "tx_isolation").await, "SERIALIZABLE");
    drop(pool);
    assert!(session.finish().await.is_rolled_back());
}

/// The pool is told, since sqlx itself does not notice.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_commits_is_an_escape_after_which_nothing_is_written() {
    let sandbox = Sandbox::<MySql>::open().await;
    let (ran, left) = sandbox
        .request(async {
            let mut held = sandbox.pool.acquire().await.unwrap();
            let refused = MySql::run_on(&mut held, "TRUNCATE TABLE t").await;
            let wrote = MySql::run_on(&mut held, "INSERT INTO t VALUES (2)").await;
            (refused, wrote)
        })
        .await;
    ran.0.unwrap_err();
    ran.1.unwrap_err();
    let verdict = left.unwrap_err();
    assert!(is_escaped(&verdict), "{verdict:?}");
    assert_eq!(sandbox.finish().await, verdict);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_that_production_wins_is_seen() {
    let sandbox = Sandbox::<MySql>::open().await;
    let rows = "INSERT INTO t VALUES (10), (11)";
    MySql::run(&sandbox.production, rows).await.unwrap();
    let mut production = sandbox.production.begin().await.unwrap();
    // The greater transaction, which InnoDB lets go on.
    let much = "INSERT INTO t VALUES (20), (21), (22), (23), (24), (25), (26), (27)";
    MySql::run_on(&mut production, much).await.unwrap();
    let [first, second] = [10, 11].map(|x| format!("SELECT x FROM t WHERE x = {x} FOR UPDATE"));
    MySql::run_on(&mut production, &first).await.unwrap();
    // Else it waits for nobody's row, and is in no deadlock over one.
    let patience = "SET SESSION innodb_lock_wait_timeout = 5";
    sandbox.run(patience).await.unwrap();
    sandbox.run(&second).await.unwrap();
    let (ours, theirs) = tokio::join!(sandbox.run(&first), MySql::run_on(&mut production, &second));
    theirs.unwrap();
    ours.unwrap_err();
    production.rollback().await.unwrap();
    MySql::run(&sandbox.production, "DELETE FROM t")
        .await
        .unwrap();
    let verdict = sandbox.finish().await;
    assert!(is_escaped(&verdict), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_production_is_waited_for_shortly() {
    let sandbox = Sandbox::<MySql>::open().await;
    let mut production = sandbox.production.begin().await.unwrap();
    let insert = "INSERT INTO t VALUES (1)";
    MySql::run_on(&mut production, insert).await.unwrap();
    let begun = Instant::now();
    sandbox.run(insert).await.unwrap_err();
    // The server's own limit is 50 s.
    assert!(begun.elapsed() < Duration::from_secs(20));
    production.rollback().await.unwrap();
    assert!(sandbox.finish().await.is_rolled_back());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_killed_is_lost() {
    let sandbox = Sandbox::<MySql>::open().await;
    let who = sqlx::query_scalar("SELECT CAST(CONNECTION_ID() AS SIGNED)");
    let who: i64 = who.fetch_one(&sandbox.pool).await.unwrap();
    let kill = format!("KILL CONNECTION {who}");
    MySql::run(&sandbox.production, &kill).await.unwrap();
    let verdict = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_without_transactions_are_named() {
    let ((), production) = MySql::production().await;
    let table = "CREATE TABLE plain (x INTEGER) ENGINE = MyISAM";
    MySql::run(&production, table).await.unwrap();
    let Opened { pool, session } = open(&MySql::backend(&production)).await.unwrap();
    let insert = "INSERT INTO plain VALUES (1)";
    MySql::run(&pool, insert).await.unwrap();
    drop(pool);
    let tables = vec!["plain".to_owned()];
    let verdict = session.finish().await;
    assert_eq!(verdict, RollbackVerdict::NonTransactional { tables });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aria_table_that_is_written_to_is_named_and_one_that_is_read_is_a_limit() {
    for (sql, writes) in [
        ("INSERT INTO plain VALUES (1)", true),
        ("SELECT * FROM plain", false),
    ] {
        let sandbox = Sandbox::<MySql>::open().await;
        let table = "CREATE TABLE plain (x INTEGER) ENGINE = Aria";
        MySql::run(&sandbox.production, table).await.unwrap();
        let (ran, left) = sandbox.request(sandbox.run(sql)).await;
        ran.unwrap();
        let verdict = left.unwrap_err();
        match &verdict {
            RollbackVerdict::NonTransactional { tables } if writes => {
                assert_eq!(*tables, ["plain"]);
            }
            RollbackVerdict::Limit { .. } if !writes => {}
            _ => panic!("{sql}: {verdict:?}"),
        }
        assert_eq!(sandbox.finish().await, verdict);
    }
}

/// Nobody sees what it commits, and nobody can be asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_detached_may_have_committed() {
    let sandbox = Sandbox::<MySql>::open().await;
    let mut detached = sandbox.pool.acquire().await.unwrap().detach();
    for sql in ["INSERT INTO t VALUES (1)", "COMMIT"] {
        MySql::run_on(&mut detached, sql).await.unwrap();
    }
    drop(sandbox.pool);
    let verdict = sandbox.session.finish().await;
    assert!(is_escaped(&verdict), "{verdict:?}");
    assert!(verdict.to_string().contains("detach"), "{verdict}");
    assert_eq!(MySql::rows(&sandbox.production).await, 1);
}

#[test]
fn it_says_what_it_is_and_what_it_bears() {
    let backend = Rollback::<MySql>::new("mysql://localhost").capacity(2);
    assert_eq!(backend.describe(), "sqlx on MariaDB or MySQL");
    assert_eq!(Backend::capacity(&backend), 2);
    assert_eq!(Backend::limit(&backend).as_secs(), 2);
}
