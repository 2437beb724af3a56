//! What only PostgreSQL has.

use smoke_conformance::eventually;
use sqlx::Postgres;
use sqlx::postgres::PgListener;

use crate::subject::{PATIENCE, Sandbox, Subject, is_lost, is_straggler};

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_are_set_on_the_server() {
    let sandbox = Sandbox::<Postgres>::open_with_its_limit().await;
    for (setting, value) in [
        ("statement_timeout", "2s"),
        ("lock_timeout", "100ms"),
        ("idle_in_transaction_session_timeout", "2s"),
        ("application_name", "smoke shop::a_test"),
    ] {
        let asked = sqlx::query_scalar("SELECT current_setting($1)").bind(setting);
        let set: String = asked.fetch_one(&sandbox.pool).await.unwrap();
        assert_eq!(set, value, "{setting}");
    }
}

/// What an administrator does, or a server that is shut down.
async fn terminate(sandbox: &Sandbox<Postgres>) {
    let asked = sqlx::query_scalar("SELECT pg_backend_pid()");
    let pid: i32 = asked.fetch_one(&sandbox.pool).await.unwrap();
    let ended = sqlx::query("SELECT pg_terminate_backend($1, 1000)").bind(pid);
    ended.execute(&sandbox.production).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_ended_is_lost_and_not_replaced() {
    let sandbox = Sandbox::<Postgres>::open().await;
    terminate(&sandbox).await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
    let verdict = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_ended_is_lost_after_the_request() {
    let sandbox = Sandbox::<Postgres>::open().await;
    let ((), left) = sandbox.request(terminate(&sandbox)).await;
    let verdict = left.unwrap_err();
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(sandbox.finish().await, verdict);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_keeps_the_connection() {
    let sandbox = Sandbox::<Postgres>::open().await;
    let mut listener = PgListener::connect_with(&sandbox.pool).await.unwrap();
    listener.listen("news").await.unwrap();
    let error = sandbox.session.enter().await.unwrap_err();
    assert!(error.message().contains("in use"), "{error:?}");
    let verdict = sandbox.finish().await;
    assert!(is_straggler(&verdict), "{verdict:?}");
    // It connects again by itself, and must not.
    let heard = tokio::time::timeout(PATIENCE, listener.recv()).await;
    heard.unwrap().unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_given_up_costs_the_connection() {
    let sandbox = Sandbox::<Postgres>::open().await;
    let ((), left) = sandbox
        .request(async {
            let mut held = sandbox.pool.acquire().await.unwrap();
            let mut copy = held.copy_in_raw("COPY t FROM STDIN").await.unwrap();
            copy.send(&b"1\n"[..]).await.unwrap();
        })
        .await;
    // As in production, where the pool connects anew.
    let verdict = left.unwrap_err();
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(sandbox.finish().await, verdict);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_the_session_goes_with_its_connection() {
    let sandbox = Sandbox::<Postgres>::open().await;
    let asked = sqlx::query_scalar("SELECT pg_backend_pid()");
    let pid: i32 = asked.fetch_one(&sandbox.pool).await.unwrap();
    let lock = sqlx::query("SELECT pg_advisory_lock(88, $1)").bind(pid);
    lock.execute(&sandbox.pool).await.unwrap();
    let production = sandbox.production.clone();
    let free = async || -> bool {
        let free = sqlx::query_scalar("SELECT pg_try_advisory_lock(88, $1)").bind(pid);
        free.fetch_one(&production).await.unwrap()
    };
    assert!(!free().await);
    assert!(sandbox.finish().await.is_rolled_back());
    eventually(PATIENCE, free, |free| *free).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_production_is_not_waited_for() {
    let sandbox = Sandbox::<Postgres>::open().await;
    let mut production = sandbox.production.begin().await.unwrap();
    Postgres::run_on(&mut production, "LOCK TABLE t")
        .await
        .unwrap();
    let error = sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
    assert!(error.to_string().contains("due to lock timeout"), "{error}");
    drop(production);
    assert!(sandbox.finish().await.is_rolled_back());
}
