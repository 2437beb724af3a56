//! What was written is gone, and was there while the sandbox was open.

use smoke_core::RollbackVerdict;

use crate::subject::{Sandbox, Subject, on_every_subject};

on_every_subject! {
    what_was_written_is_rolled_back,
    a_committed_nested_transaction_is_rolled_back,
    a_rolled_back_nested_transaction_undoes_its_own_work_only,
    each_request_sees_what_the_others_wrote,
}

async fn what_was_written_is_rolled_back<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    assert_eq!(sandbox.subject.rows().await, 0);
    let (subject, verdict) = sandbox.finish().await;
    assert_eq!(verdict, RollbackVerdict::RolledBack);
    assert_eq!(subject.rows().await, 0);
    subject.until_it_can_be_written().await;
}

async fn a_committed_nested_transaction_is_rolled_back<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    S::transaction(&sandbox.pool, "INSERT INTO t VALUES (1)", true).await;
    assert_eq!(sandbox.subject.rows().await, 0);
    sandbox
        .run("INSERT INTO t VALUES (1)")
        .await
        .expect_err("it is there");
    let (subject, verdict) = sandbox.finish().await;
    assert_eq!(verdict, RollbackVerdict::RolledBack);
    assert_eq!(subject.rows().await, 0);
}

async fn a_rolled_back_nested_transaction_undoes_its_own_work_only<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    S::transaction(&sandbox.pool, "INSERT INTO t VALUES (2)", false).await;
    sandbox.run("INSERT INTO t VALUES (2)").await.unwrap();
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
    let (subject, verdict) = sandbox.finish().await;
    assert_eq!(verdict, RollbackVerdict::RolledBack);
    assert_eq!(subject.rows().await, 0);
}

async fn each_request_sees_what_the_others_wrote<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let (first, left) = sandbox
        .request(sandbox.run("INSERT INTO t VALUES (1)"))
        .await;
    first.unwrap();
    left.unwrap();
    let work = S::transaction(&sandbox.pool, "INSERT INTO t SELECT x + 1 FROM t", true);
    let ((), left) = sandbox.request(work).await;
    left.unwrap();
    sandbox
        .run("INSERT INTO t VALUES (2)")
        .await
        .expect_err("it is there");
    let (subject, verdict) = sandbox.finish().await;
    assert_eq!(verdict, RollbackVerdict::RolledBack);
    assert_eq!(subject.rows().await, 0);
}
