//! A connection that leaves the pool is not replaced.

use smoke_core::RollbackVerdict;
use sqlx::Connection;

use crate::subject::{Sandbox, Subject, is_lost, is_straggler, on_every_subject};

on_every_subject! {
    a_connection_that_the_application_closes_is_lost,
    a_connection_that_the_application_closes_on_drop_is_lost,
    a_connection_that_is_detached_is_ended,
    a_connection_that_is_leaked_is_a_straggler,
    a_pool_that_the_application_closes_is_lost,
}

async fn a_connection_that_the_application_closes_is_lost<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    sandbox.pool.acquire().await.unwrap().close().await.unwrap();
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
    let error = sandbox.session.enter().await.unwrap_err();
    assert!(is_lost(error.downcast_ref().unwrap()), "{error:?}");
    let verdict = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
}

async fn a_connection_that_the_application_closes_on_drop_is_lost<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let ((), left) = sandbox
        .request(async {
            let mut held = sandbox.pool.acquire().await.unwrap();
            held.close_on_drop();
            S::run_on(&mut held, "INSERT INTO t VALUES (1)")
                .await
                .unwrap();
        })
        .await;
    assert!(is_lost(&left.unwrap_err()));
    let verdict = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
}

async fn a_connection_that_is_detached_is_ended<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let mut detached = sandbox.pool.acquire().await.unwrap().detach();
    let mut transaction = detached.begin().await.unwrap();
    S::run_on(&mut *transaction, "INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    // Another one would not be inside the transaction.
    sandbox.run("INSERT INTO t VALUES (2)").await.unwrap_err();
    let error = sandbox.session.enter().await.unwrap_err();
    let verdict = error.downcast_ref::<RollbackVerdict>().unwrap();
    assert!(verdict.to_string().contains("detach"), "{verdict}");
    S::run_on(&mut detached, "COMMIT").await.unwrap_err();
    let verdict = sandbox.finish().await;
    assert!(verdict.to_string().contains("detach"), "{verdict}");
}

async fn a_connection_that_is_leaked_is_a_straggler<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let mut leaked = sandbox.pool.acquire().await.unwrap().leak();
    S::run_on(&mut leaked, "INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    sandbox.run("INSERT INTO t VALUES (2)").await.unwrap_err();
    let verdict = sandbox.finish().await;
    assert!(is_straggler(&verdict), "{verdict:?}");
    S::run_on(&mut leaked, "COMMIT").await.unwrap_err();
}

async fn a_pool_that_the_application_closes_is_lost<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    sandbox.pool.close().await;
    let verdict = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
}
