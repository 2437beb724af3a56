//! Constraints that are checked at commit.

use smoke_core::RollbackVerdict;

use crate::subject::{Sandbox, Subject, on_subjects_that_defer};

on_subjects_that_defer! {
    a_deferred_constraint_that_does_not_hold_is_refused,
    a_deferred_constraint_that_holds_in_the_end_is_fine,
    an_escape_counts_more_than_a_refusal,
}

async fn a_deferred_constraint_that_does_not_hold_is_refused<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run(sandbox.subject.deferred()).await.unwrap();
    let (ran, left) = sandbox
        .request(sandbox.run("INSERT INTO child VALUES (1)"))
        .await;
    ran.unwrap();
    left.unwrap();
    let (_, verdict) = sandbox.finish().await;
    let RollbackVerdict::Refused { cause } = verdict else {
        panic!("{verdict:?}");
    };
    assert!(cause.to_lowercase().contains("foreign key"), "{cause}");
}

async fn a_deferred_constraint_that_holds_in_the_end_is_fine<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run(sandbox.subject.deferred()).await.unwrap();
    sandbox.run("INSERT INTO child VALUES (1)").await.unwrap();
    sandbox.run("INSERT INTO parent VALUES (1)").await.unwrap();
    let (_, verdict) = sandbox.finish().await;
    assert_eq!(verdict, RollbackVerdict::RolledBack);
}

async fn an_escape_counts_more_than_a_refusal<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("ROLLBACK; BEGIN").await.unwrap();
    sandbox.run(sandbox.subject.deferred()).await.ok();
    sandbox.run("INSERT INTO child VALUES (1)").await.ok();
    let (_, verdict) = sandbox.finish().await;
    assert!(crate::subject::is_escaped(&verdict), "{verdict:?}");
}
