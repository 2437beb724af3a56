//! A sandbox has one connection, and gets no other.

use diesel_async::SimpleAsyncConnection;
use diesel_async::pooled_connection::deadpool::Object;
use smoke_core::RollbackVerdict;

use crate::subject::postgres::Postgres;
use crate::subject::{Sandbox, Subject, is_lost, on_every_subject};

on_every_subject! {
    nothing_is_handed_out_where_a_panic_took_the_connection,
}

async fn nothing_is_handed_out_where_a_panic_took_the_connection<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    S::panic(&sandbox.pool).await;
    if S::survives_a_panic() {
        sandbox.run("INSERT INTO t VALUES (2)").await.unwrap();
    } else {
        let error = sandbox.run("INSERT INTO t VALUES (2)").await.unwrap_err();
        assert!(!S::tells_closed() || error.contains("lost"), "{error}");
        let error = sandbox.session.enter().await.unwrap_err();
        assert!(is_lost(error.downcast_ref().unwrap()), "{error:?}");
    }
    let (subject, verdict) = sandbox.finish().await;
    assert_eq!(is_lost(&verdict), !S::survives_a_panic(), "{verdict:?}");
    assert_eq!(subject.rows().await, 0);
}

/// What an administrator does, or a server that is shut down.
async fn terminate_all(subject: &Postgres) {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE application_name = 'smoke shop::a_test' AND pid IN
               (SELECT pid FROM pg_locks WHERE relation = 't'::regclass)";
    subject.connect().await.batch_execute(sql).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_ended_is_lost_after_the_request() {
    let sandbox = Sandbox::<Postgres>::open().await;
    let work = async {
        sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
        terminate_all(&sandbox.subject).await;
    };
    let ((), left) = sandbox.request(work).await;
    let verdict = left.unwrap_err();
    assert!(is_lost(&verdict), "{verdict:?}");
    sandbox.run("SELECT 1").await.unwrap_err();
    let (subject, at_the_end) = sandbox.finish().await;
    assert_eq!(at_the_end, verdict);
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_ended_is_lost_at_the_end() {
    let sandbox = Sandbox::<Postgres>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    terminate_all(&sandbox.subject).await;
    let (subject, verdict) = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_ended_is_not_handed_out() {
    let sandbox = Sandbox::<Postgres>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    terminate_all(&sandbox.subject).await;
    sandbox.run("INSERT INTO t VALUES (2)").await.unwrap_err();
    sandbox.run("INSERT INTO t VALUES (2)").await.unwrap_err();
    let (subject, verdict) = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_taken_out_of_the_pool_is_not_replaced() {
    let sandbox = Sandbox::<Postgres>::open().await;
    let taken = Object::take(sandbox.pool.get().await.unwrap());
    drop(taken);
    let error = sandbox.run("INSERT INTO t VALUES (2)").await.unwrap_err();
    assert!(error.contains("lost"), "{error}");
    let (subject, verdict) = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_taken_out_of_the_pool_ends_with_the_sandbox() {
    let sandbox = Sandbox::<Postgres>::open().await;
    let mut taken = Object::take(sandbox.pool.get().await.unwrap());
    taken
        .batch_execute("INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    let (subject, verdict) = sandbox.finish().await;
    assert!(!verdict.is_rolled_back(), "{verdict:?}");
    subject.until_it_can_be_written().await;
    taken
        .batch_execute("INSERT INTO t VALUES (2); COMMIT")
        .await
        .unwrap_err();
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_of_all_settings_is_no_escape() {
    let sandbox = Sandbox::<Postgres>::open().await;
    sandbox.run("RESET ALL").await.unwrap();
    sandbox.run("SELECT 1").await.unwrap_err();
    let (_, verdict) = sandbox.finish().await;
    assert!(
        matches!(verdict, RollbackVerdict::Unknown { .. }),
        "{verdict:?}"
    );
}
