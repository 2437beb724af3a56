//! An SQL error that the application tolerates.

use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use smoke_core::RollbackVerdict;

use crate::subject::postgres::Postgres;
use crate::subject::{Sandbox, Subject, on_every_subject};
use crate::version::work;

on_every_subject! {
    an_error_in_a_request_does_not_poison_the_next,
    an_error_after_the_last_request_is_rolled_back,
    a_request_that_was_given_up_does_not_poison_the_next,
}

const DUPLICATE: &str = "INSERT INTO t VALUES (1)";

async fn an_error_in_a_request_does_not_poison_the_next<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    for _ in 0..2 {
        let (ran, left) = sandbox.request(sandbox.run(DUPLICATE)).await;
        ran.unwrap_err();
        left.unwrap();
    }
    let (ran, left) = sandbox
        .request(sandbox.run("INSERT INTO t VALUES (2)"))
        .await;
    ran.unwrap();
    left.unwrap();
    let (subject, verdict) = sandbox.finish().await;
    assert_eq!(verdict, RollbackVerdict::RolledBack);
    assert_eq!(subject.rows().await, 0);
}

async fn an_error_after_the_last_request_is_rolled_back<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    sandbox.run(DUPLICATE).await.unwrap_err();
    let (subject, verdict) = sandbox.finish().await;
    assert_eq!(verdict, RollbackVerdict::RolledBack);
    assert_eq!(subject.rows().await, 0);
}

async fn a_request_that_was_given_up_does_not_poison_the_next<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    sandbox.session.enter().await.unwrap();
    sandbox.run(DUPLICATE).await.unwrap_err();
    // Nobody leaves.
    let (ran, left) = sandbox
        .request(sandbox.run("INSERT INTO t VALUES (2)"))
        .await;
    ran.unwrap();
    left.unwrap();
    sandbox.session.enter().await.unwrap();
    let (_, verdict) = sandbox.finish().await;
    assert_eq!(verdict, RollbackVerdict::RolledBack);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_test_itself_is_said_when_the_next_request_is_sent() {
    let sandbox = Sandbox::<Postgres>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    sandbox.run(DUPLICATE).await.unwrap_err();
    let error = sandbox.session.enter().await.unwrap_err();
    let verdict = error.downcast_ref::<RollbackVerdict>();
    assert!(
        matches!(verdict, Some(RollbackVerdict::Refused { .. })),
        "{error:?}"
    );
    // It was expected where it has a transaction of its own.
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    let mut held = sandbox.pool.get().await.unwrap();
    let failed = held.transaction(work!(|connection| connection
        .batch_execute(DUPLICATE)
        .await));
    let failed: Result<(), diesel::result::Error> = failed.await;
    failed.unwrap_err();
    drop(held);
    sandbox.session.enter().await.unwrap();
    sandbox.session.leave().await.unwrap();
    sandbox.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nested_transaction_that_was_given_up_is_undone_as_in_production() {
    let sandbox = Sandbox::<Postgres>::open().await;
    let pool = sandbox.pool.clone();
    let (waits, waiting) = tokio::sync::oneshot::channel();
    let working = async move {
        let mut held = pool.get().await.unwrap();
        let nested = held.transaction(work!(|connection| {
            connection.batch_execute(DUPLICATE).await?;
            waits.send(()).unwrap();
            std::future::pending::<diesel::QueryResult<()>>().await
        }));
        nested.await
    };
    tokio::select! {
        ended = working => panic!("{ended:?}"),
        waiting = waiting => waiting.unwrap(),
    }
    // The row is not there, so that it is no duplicate.
    sandbox.run(DUPLICATE).await.unwrap();
    assert!(sandbox.finish().await.1.is_rolled_back());
}
