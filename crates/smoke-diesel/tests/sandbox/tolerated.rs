//! An SQL error that the application tolerates.

use smoke_core::RollbackVerdict;

use crate::subject::{Sandbox, Subject, on_every_subject};

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
