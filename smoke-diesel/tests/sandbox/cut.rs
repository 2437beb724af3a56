//! Ending a sandbox from outside.

use std::time::{Duration, Instant};

use smoke_conformance::eventually;
use smoke_core::Opened;
use smoke_diesel::r2d2::Rollback;

use crate::subject::mariadb::Mariadb;
use crate::subject::{PATIENCE, Sandbox, Subject, is_lost, on_every_subject, open};

on_every_subject! {
    a_long_statement_ends_when_the_sandbox_is_cut,
    an_idle_sandbox_can_be_cut,
    an_idle_connection_that_is_held_can_be_cut,
    nothing_can_be_entered_after_a_cut,
    nothing_is_handed_out_after_a_cut_and_the_end,
}

async fn a_long_statement_ends_when_the_sandbox_is_cut<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    let pool = sandbox.pool.clone();
    let running = tokio::spawn(async move { S::run(&pool, S::LONG).await });
    let look = async || sandbox.session.checkouts();
    let taken = eventually(PATIENCE, look, |checkouts| *checkouts == 2);
    taken.await.unwrap();
    // Whether the statement has begun is nowhere to be seen on SQLite.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    assert!(sandbox.session.cut().await);
    running.await.unwrap().unwrap_err();
    assert!(begun.elapsed() < PATIENCE);
    sandbox.subject.until_it_can_be_written().await;
    let (subject, verdict) = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(subject.rows().await, 0);
}

async fn an_idle_sandbox_can_be_cut<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    assert!(sandbox.session.cut().await);
    sandbox.subject.until_it_can_be_written().await;
    sandbox.run("INSERT INTO t VALUES (2)").await.unwrap_err();
    let (subject, verdict) = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(subject.rows().await, 0);
}

async fn an_idle_connection_that_is_held_can_be_cut<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let mut held = S::hold(&sandbox.pool).await;
    S::run_on(&mut held, "INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    assert!(sandbox.session.cut().await);
    sandbox.subject.until_it_can_be_written().await;
    S::run_on(&mut held, "COMMIT").await.unwrap_err();
    drop(held);
    let (subject, verdict) = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(subject.rows().await, 0);
}

async fn nothing_can_be_entered_after_a_cut<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.session.enter().await.unwrap();
    assert!(sandbox.session.cut().await);
    assert!(is_lost(&sandbox.session.leave().await.unwrap_err()));
    let error = sandbox.session.enter().await.unwrap_err();
    assert!(is_lost(error.downcast_ref().unwrap()));
    sandbox.finish().await;
}

async fn nothing_is_handed_out_after_a_cut_and_the_end<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let kept = sandbox.pool.clone();
    assert!(sandbox.session.cut().await);
    let (_subject, verdict) = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    let error = S::run(&kept, "SELECT 1").await.unwrap_err();
    assert!(
        !S::tells_closed() || error.to_lowercase().contains("closed"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_connection_of_r2d2_on_mariadb_is_known_to_be_gone() {
    let subject = Mariadb::new().await;
    let backend = Rollback::mysql(subject.url());
    let Opened { pool, session } = open(&backend).await.unwrap();
    let getting = tokio::task::spawn_blocking(move || pool.get().unwrap());
    let held = getting.await.unwrap();
    assert!(session.cut().await);
    tokio::task::spawn_blocking(move || drop(held))
        .await
        .unwrap();
    let verdict = session.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
}
