//! An SQL error that the application tolerates.

use smoke_core::RollbackVerdict;

use crate::subject::{Sandbox, Subject, on_every_subject};

on_every_subject! {
    an_error_undoes_its_own_check_out_only,
    an_error_of_the_test_itself_is_tolerated,
    an_error_in_the_last_check_out_is_tolerated,
}

const DUPLICATE: &str = "INSERT INTO t VALUES (1)";

/// Get or create, as applications do it.
async fn an_error_undoes_its_own_check_out_only<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let ((), left) = sandbox
        .request(async {
            sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
            sandbox.run(DUPLICATE).await.unwrap_err();
            assert_eq!(S::rows(&sandbox.pool).await, 1);
            sandbox.run("INSERT INTO t VALUES (2)").await.unwrap();
            sandbox.run(DUPLICATE).await.unwrap_err();
        })
        .await;
    left.unwrap();
    assert_eq!(S::rows(&sandbox.pool).await, 2);
    assert_eq!(sandbox.finish().await, RollbackVerdict::RolledBack);
}

async fn an_error_of_the_test_itself_is_tolerated<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    sandbox.run(DUPLICATE).await.unwrap_err();
    let (rows, left) = sandbox.request(S::rows(&sandbox.pool)).await;
    left.unwrap();
    assert_eq!(rows, 1);
    assert_eq!(sandbox.finish().await, RollbackVerdict::RolledBack);
}

async fn an_error_in_the_last_check_out_is_tolerated<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    sandbox.run(DUPLICATE).await.unwrap_err();
    assert_eq!(sandbox.finish().await, RollbackVerdict::RolledBack);
}
