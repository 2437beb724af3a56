//! Transactions within the sandbox's.

use smoke_core::RollbackVerdict;
use sqlx::Connection;

use crate::subject::{Sandbox, Subject, on_every_subject};

on_every_subject! {
    nested_transactions_may_end_as_they_like,
}

async fn nested_transactions_may_end_as_they_like<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let ((), left) = sandbox
        .request(async {
            let mut outer = sandbox.pool.begin().await.unwrap();
            S::run_on(&mut *outer, "INSERT INTO t VALUES (1)")
                .await
                .unwrap();
            let mut inner = outer.begin().await.unwrap();
            S::run_on(&mut *inner, "INSERT INTO t VALUES (2)")
                .await
                .unwrap();
            drop(inner);
            S::run_on(&mut *outer, "INSERT INTO t VALUES (2)")
                .await
                .unwrap();
            outer.commit().await.unwrap();
            // Never ended, which production's pool would not notice either.
            let mut held = sandbox.pool.acquire().await.unwrap();
            std::mem::forget(held.begin().await.unwrap());
        })
        .await;
    left.unwrap();
    S::run(&sandbox.pool, "INSERT INTO t VALUES (2)")
        .await
        .expect_err("it is there");
    assert_eq!(sandbox.finish().await, RollbackVerdict::RolledBack);
}
