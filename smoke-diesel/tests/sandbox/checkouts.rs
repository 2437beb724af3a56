//! Who has taken the connection, and how often.

use std::time::{Duration, Instant};

use smoke_core::RollbackVerdict;

use crate::subject::sqlite::Sqlite;
use crate::subject::{PATIENCE, Sandbox, Subject, on_every_subject};

on_every_subject! {
    what_the_session_takes_is_not_counted,
    a_connection_that_is_held_is_said_at_once,
    two_check_outs_at_once_are_an_error_in_time,
    a_connection_that_is_held_after_the_request_is_found_at_the_end,
}

async fn what_the_session_takes_is_not_counted<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    assert_eq!(sandbox.session.checkouts(), 0);
    sandbox.run("SELECT 1").await.unwrap();
    assert_eq!(sandbox.session.checkouts(), 1);
    let (ran, left) = sandbox.request(sandbox.run("SELECT 1")).await;
    ran.unwrap();
    left.unwrap();
    assert_eq!(sandbox.session.checkouts(), 2);
    let ((), left) = sandbox.request(async {}).await;
    left.unwrap();
    assert_eq!(sandbox.session.checkouts(), 2);
}

async fn a_connection_that_is_held_is_said_at_once<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let held = S::hold(&sandbox.pool).await;
    let mut shortest = Duration::MAX;
    // Again where it took longer: a machine that is busy may have been what kept it.
    for _ in 0..5 {
        let begun = Instant::now();
        let error = sandbox.session.enter().await.unwrap_err();
        shortest = shortest.min(begun.elapsed());
        assert!(error.downcast_ref::<RollbackVerdict>().is_none());
        assert!(error.message().contains("in use"), "{error:?}");
        if shortest < Duration::from_millis(500) {
            break;
        }
    }
    assert!(shortest < Duration::from_millis(500), "{shortest:?}");
    drop(held);
    let (ran, left) = sandbox.request(sandbox.run("SELECT 1")).await;
    ran.unwrap();
    left.unwrap();
    assert!(sandbox.finish().await.1.is_rolled_back());
}

async fn two_check_outs_at_once_are_an_error_in_time<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let held = S::hold(&sandbox.pool).await;
    let begun = Instant::now();
    let error = sandbox.run("SELECT 1").await.unwrap_err();
    assert!(begun.elapsed() < PATIENCE);
    assert!(!error.is_empty());
    drop(held);
    assert!(sandbox.finish().await.1.is_rolled_back());
}

async fn a_connection_that_is_held_after_the_request_is_found_at_the_end<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let (mut held, left) = sandbox.request(S::hold(&sandbox.pool)).await;
    left.unwrap();
    S::run_on(&mut held, "COMMIT").await.ok();
    drop(held);
    let (_, verdict) = sandbox.finish().await;
    assert!(crate::subject::is_escaped(&verdict), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_out_that_r2d2_does_not_tell_of_is_counted_when_it_ends() {
    let sandbox = Sandbox::<Sqlite>::open().await;
    sandbox.session.enter().await.unwrap();
    drop(sandbox.pool.try_get().unwrap());
    sandbox.session.leave().await.unwrap();
    assert_eq!(sandbox.session.checkouts(), 1);
}
