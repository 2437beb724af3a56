//! sqlx 0.8 refuses a `BEGIN` of the application's own before it sends anything: nothing is lost, and it is said.

use std::pin::pin;

use futures_util::FutureExt;
use smoke_core::{Error, RollbackVerdict};
use sqlx::Connection;

use crate::subject::{Sandbox, Subject, is_limit, on_every_subject};

on_every_subject! {
    an_isolation_level_of_ones_own_is_a_limit,
    the_next_handler_is_within_the_sandbox_after_a_begin_with,
    a_begin_that_is_given_up_leaves_nothing,
}

async fn an_isolation_level_of_ones_own_is_a_limit<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let begin = sandbox
        .pool
        .begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE");
    let (begun, left) = sandbox.request(begin).await;
    left.unwrap();
    let error = Error::from(begun.map(drop).unwrap_err());
    let verdict = sandbox.session.explain(&error).unwrap();
    assert!(is_limit(&verdict), "{verdict:?}");
    assert_eq!(sandbox.finish().await, RollbackVerdict::RolledBack);
}

async fn the_next_handler_is_within_the_sandbox_after_a_begin_with<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    for _ in 0..10 {
        sandbox.pool.begin_with("BEGIN").await.unwrap_err();
    }
    let mut transaction = sandbox.pool.begin().await.unwrap();
    let insert = "INSERT INTO t VALUES (1)";
    S::run_on(&mut *transaction, insert).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(sandbox.finish().await, RollbackVerdict::RolledBack);
}

/// On PostgreSQL sqlx 0.8, too, rolls back one level too many, which is said.
async fn a_begin_that_is_given_up_leaves_nothing<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let begin = async {
        let mut held = sandbox.pool.acquire().await.unwrap();
        // Asked once, and again where the answer has come at once.
        while pin!(held.begin()).now_or_never().is_some() {}
    };
    let ((), left) = sandbox.request(begin).await;
    let verdict = match left {
        Ok(()) => sandbox.finish().await,
        Err(verdict) => verdict,
    };
    let is_fine = match S::NAME {
        "PostgreSQL" => is_limit(&verdict),
        _ => verdict.is_rolled_back(),
    };
    assert!(is_fine, "{verdict:?}");
}
