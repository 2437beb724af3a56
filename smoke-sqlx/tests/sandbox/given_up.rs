//! Futures that are dropped before they are done.

use std::time::Duration;

use smoke_core::RollbackVerdict;
use tokio::sync::oneshot;

use crate::subject::{PATIENCE, Sandbox, Subject, is_straggler, on_every_subject};

on_every_subject! {
    a_transaction_that_is_given_up_is_undone_as_in_production,
    a_statement_that_is_given_up_is_no_escape,
    a_statement_that_runs_on_is_ended_with_the_sandbox,
    a_request_that_was_given_up_does_not_poison_the_next,
}

async fn a_transaction_that_is_given_up_is_undone_as_in_production<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let (waits, waiting) = oneshot::channel();
    let working = async {
        let mut transaction = sandbox.pool.begin().await.unwrap();
        S::run_on(&mut *transaction, "INSERT INTO t VALUES (1)")
            .await
            .unwrap();
        waits.send(()).unwrap();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = working => unreachable!("it waits for ever"),
        waiting = waiting => waiting.unwrap(),
    }
    // The row is not there, so that it is no duplicate.
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    assert_eq!(sandbox.finish().await, RollbackVerdict::RolledBack);
}

async fn a_statement_that_is_given_up_is_no_escape<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let (_, left) = sandbox
        .request(async {
            let mut held = sandbox.pool.acquire().await.unwrap();
            let writing = S::run_on(&mut held, "INSERT INTO t VALUES (1)");
            tokio::time::timeout(Duration::ZERO, writing).await.ok();
        })
        .await;
    left.unwrap();
    let (ran, left) = sandbox
        .request(sandbox.run("INSERT INTO t VALUES (2)"))
        .await;
    ran.unwrap();
    left.unwrap();
    assert_eq!(sandbox.finish().await, RollbackVerdict::RolledBack);
}

async fn a_statement_that_runs_on_is_ended_with_the_sandbox<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    // Once it has the connection, it is asked at least once, and the statement is on its way.
    let mut held = sandbox.pool.acquire().await.unwrap();
    let running = S::run_on(&mut held, S::LONG);
    let given_up = tokio::time::timeout(Duration::from_millis(50), running).await;
    given_up.unwrap_err();
    drop(held);
    let begun = std::time::Instant::now();
    let verdict = sandbox.finish().await;
    assert!(is_straggler(&verdict), "{verdict:?}");
    assert!(begun.elapsed() < PATIENCE);
}

async fn a_request_that_was_given_up_does_not_poison_the_next<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    sandbox.session.enter().await.unwrap();
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
    // Nobody leaves.
    let (ran, left) = sandbox
        .request(sandbox.run("INSERT INTO t VALUES (2)"))
        .await;
    ran.unwrap();
    left.unwrap();
    sandbox.session.enter().await.unwrap();
    assert_eq!(sandbox.finish().await, RollbackVerdict::RolledBack);
}
