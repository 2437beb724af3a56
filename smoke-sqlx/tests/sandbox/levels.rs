//! sqlx 0.9 rolls back one level too many: the transaction survives that, and it is said.

use std::pin::pin;

use futures_util::FutureExt;
use sqlx::{Acquire, Connection};

use crate::subject::{Sandbox, Subject, is_escaped, is_limit, on_every_subject};

on_every_subject! {
    an_isolation_level_of_ones_own_is_a_limit,
    the_next_handler_cannot_commit_after_a_begin_with,
    the_same_handler_cannot_commit_after_a_begin_with,
    more_begin_withs_than_there_are_levels_are_an_escape,
    a_begin_that_is_given_up_is_a_limit,
}

async fn an_isolation_level_of_ones_own_is_a_limit<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    let (begun, left) = sandbox
        .request(
            sandbox
                .pool
                .begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE"),
        )
        .await;
    begun.unwrap_err();
    let verdict = left.unwrap_err();
    assert!(is_limit(&verdict), "{verdict:?}");
    assert!(verdict.to_string().starts_with("limit of the sandbox: "));
    assert_eq!(sandbox.finish().await, verdict);
}

async fn the_next_handler_cannot_commit_after_a_begin_with<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.pool.begin_with("BEGIN").await.unwrap_err();
    // This is where it would have been a real transaction.
    let error = sandbox.pool.begin().await.unwrap_err();
    assert!(error.to_string().contains("closed"), "{error}");
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
    let error = sandbox.session.enter().await.unwrap_err();
    assert!(is_limit(error.downcast_ref().unwrap()), "{error:?}");
    let verdict = sandbox.finish().await;
    assert!(is_limit(&verdict), "{verdict:?}");
}

async fn the_same_handler_cannot_commit_after_a_begin_with<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let mut held = sandbox.pool.acquire().await.unwrap();
    held.begin_with("BEGIN").await.unwrap_err();
    commit::<S>(&mut held, "INSERT INTO t VALUES (1)").await;
    drop(held);
    assert_eq!(S::rows(&sandbox.production).await, 0);
    let verdict = sandbox.finish().await;
    assert!(is_limit(&verdict), "{verdict:?}");
}

async fn commit<S: Subject>(connection: &mut S::Connection, sql: &str) {
    let mut transaction = connection.begin().await.unwrap();
    S::run_on(&mut *transaction, sql).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn more_begin_withs_than_there_are_levels_are_an_escape<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let (failed, left) = sandbox
        .request(async {
            let mut held = sandbox.pool.acquire().await.unwrap();
            let mut failed = 0;
            while held.begin_with("BEGIN").await.is_err() {
                failed += 1;
            }
            failed
        })
        .await;
    assert_eq!(failed, 4);
    let verdict = left.unwrap_err();
    assert!(is_escaped(&verdict), "{verdict:?}");
    assert_eq!(sandbox.finish().await, verdict);
}

async fn a_begin_that_is_given_up_is_a_limit<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let ((), left) = sandbox
        .request(async {
            let mut held = sandbox.pool.acquire().await.unwrap();
            // Asked once: the statement is on its way, and nobody waits for the answer, unless it
            // has come at once.
            while pin!(held.begin()).now_or_never().is_some() {}
        })
        .await;
    let verdict = match left {
        Ok(()) => sandbox.finish().await,
        Err(verdict) => verdict,
    };
    assert!(is_limit(&verdict), "{verdict:?}");
}
