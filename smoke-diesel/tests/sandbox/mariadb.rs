//! What is special about MariaDB: it commits on its own, and has limits of its own.

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use smoke_core::{Backend, RollbackVerdict};
use smoke_diesel::bb8::Rollback;

use crate::subject::mariadb::Mariadb;
use crate::subject::{Sandbox, Subject, is_escaped, open};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_written_unless_implicit_commits_are_accepted() {
    let subject = Mariadb::new().await;
    let opened = open(&Rollback::mysql(subject.url())).await.unwrap();
    Mariadb::run(&opened.pool, "SELECT * FROM t").await.unwrap();
    for sql in ["INSERT INTO t VALUES (1)", "TRUNCATE TABLE t"] {
        let error = Mariadb::run(&opened.pool, sql).await.unwrap_err();
        assert!(error.contains("READ ONLY"), "{error}");
    }
    drop(opened.pool);
    opened.session.finish().await;
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_are_set_on_the_server() {
    let sandbox = Sandbox::<Mariadb>::open_with_its_limit().await;
    let mut connection = sandbox.pool.get().await.unwrap();
    for (setting, value) in [
        ("tx_isolation", "READ-COMMITTED"),
        ("innodb_lock_wait_timeout", "0"),
        ("lock_wait_timeout", "1"),
        ("net_write_timeout", "2"),
        ("max_statement_time", "2.000000"),
        ("idle_transaction_timeout", "2"),
    ] {
        let set = sql::<Text>(&format!("SELECT CAST(@@SESSION.{setting} AS CHAR)"))
            .get_result::<String>(&mut connection)
            .await
            .unwrap();
        assert_eq!(set, value, "{setting}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_applications_own_isolation_stays() {
    let subject = Mariadb::new().await;
    let backend = Rollback::mysql(subject.url()).setup(|connection| {
        Box::pin(async {
            let sql = "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE";
            connection.batch_execute(sql).await
        })
    });
    let opened = open(&backend).await.unwrap();
    let mut connection = opened.pool.get().await.unwrap();
    let level = sql::<Text>("SELECT @@SESSION.tx_isolation")
        .get_result::<String>(&mut connection)
        .await
        .unwrap();
    assert_eq!(level, "SERIALIZABLE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_the_session_goes_with_its_connection() {
    let sandbox = Sandbox::<Mariadb>::open().await;
    let mut connection = sandbox.pool.get().await.unwrap();
    let id: i64 = sql::<BigInt>("SELECT CONNECTION_ID()")
        .get_result(&mut connection)
        .await
        .unwrap();
    let got: i64 = sql::<BigInt>(&format!("SELECT GET_LOCK('smoke-{id}', 0)"))
        .get_result(&mut connection)
        .await
        .unwrap();
    assert_eq!(got, 1);
    drop(connection);
    let (subject, verdict) = sandbox.finish().await;
    assert!(verdict.is_rolled_back(), "{verdict:?}");
    // The server lets go when it notices that the connection was closed.
    let got: i64 = sql::<BigInt>(&format!("SELECT GET_LOCK('smoke-{id}', 10)"))
        .get_result(&mut subject.connect().await)
        .await
        .unwrap();
    assert_eq!(got, 1);
}

const ARIA: &str = "CREATE TABLE plain (x INTEGER) ENGINE = Aria";

/// A sandbox beside a table of an engine that knows neither transactions nor savepoints.
async fn beside_an_aria_table() -> Sandbox<Mariadb> {
    let sandbox = Sandbox::<Mariadb>::open().await;
    let mut production = sandbox.subject.connect().await;
    production.batch_execute(ARIA).await.unwrap();
    sandbox
}

fn plain() -> RollbackVerdict {
    let tables = vec!["plain".to_owned()];
    RollbackVerdict::NonTransactional { tables }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_to_an_aria_table_is_named_after_the_request() {
    let sandbox = beside_an_aria_table().await;
    let work = async {
        for sql in ["INSERT INTO t VALUES (1)", "INSERT INTO plain VALUES (1)"] {
            sandbox.run(sql).await.unwrap();
        }
    };
    let ((), left) = sandbox.request(work).await;
    assert_eq!(left, Err(plain()));
    let (subject, verdict) = sandbox.finish().await;
    assert_eq!(verdict, plain());
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_to_an_aria_table_is_named_before_a_request_and_at_the_end() {
    for before_a_request in [true, false] {
        let sandbox = beside_an_aria_table().await;
        sandbox.run("INSERT INTO plain VALUES (1)").await.unwrap();
        if before_a_request {
            let error = sandbox.session.enter().await.unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&plain()), "{error:?}");
        }
        let (_subject, verdict) = sandbox.finish().await;
        assert_eq!(verdict, plain());
    }
}

/// Which is enough to have no savepoint be set any more.
#[tokio::test(flavor = "multi_thread")]
async fn reading_an_aria_table_in_a_request_is_a_limit_of_the_sandbox() {
    let sandbox = beside_an_aria_table().await;
    let ((), left) = sandbox
        .request(async { sandbox.run("SELECT * FROM plain").await.unwrap() })
        .await;
    let verdict = left.unwrap_err();
    assert!(
        matches!(verdict, RollbackVerdict::Limit { .. }),
        "{verdict:?}"
    );
    assert!(verdict.to_string().contains("Aria"), "{verdict}");
    assert_eq!(sandbox.finish().await.1, verdict);
    let sandbox = beside_an_aria_table().await;
    sandbox.run("SELECT * FROM plain").await.unwrap();
    assert!(sandbox.finish().await.1.is_rolled_back());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aria_table_hides_no_commit() {
    let sandbox = beside_an_aria_table().await;
    let work = async {
        for sql in ["INSERT INTO plain VALUES (1)", "COMMIT"] {
            sandbox.run(sql).await.unwrap();
        }
    };
    let ((), left) = sandbox.request(work).await;
    let verdict = left.unwrap_err();
    assert!(is_escaped(&verdict), "{verdict:?}");
}

#[test]
fn it_says_what_it_is_and_what_it_bears() {
    let backend = Rollback::mysql("mysql://localhost").capacity(2);
    assert_eq!(backend.describe(), "diesel-async bb8 on MariaDB or MySQL");
    assert_eq!(Backend::capacity(&backend), 2);
    assert_eq!(Backend::limit(&backend).as_secs(), 2);
}
