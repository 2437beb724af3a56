//! What still holds the pool or the connection when the test is over.

use std::time::{Duration, Instant};

use smoke_core::Opened;
use smoke_diesel::r2d2::Rollback;
use smoke_rollback::GRACE;

use crate::failing::line_to;
use crate::subject::postgres::url;
use crate::subject::role::url_of;
use crate::subject::{PATIENCE, Sandbox, Subject, is_straggler, on_every_subject, open};

on_every_subject! {
    a_kept_pool_is_named_and_gets_nothing,
    a_kept_connection_is_cut_and_its_writes_are_gone,
    a_kept_connection_is_closed_when_it_comes_back,
    a_session_that_nobody_finishes_closes_its_connection,
    a_handle_that_goes_within_the_grace_is_no_straggler,
}

async fn a_kept_pool_is_named_and_gets_nothing<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    let kept = sandbox.pool.clone();
    let (subject, verdict) = sandbox.finish().await;
    assert!(is_straggler(&verdict), "{verdict:?}");
    // Also later, when the pool has had the time to try and connect again: r2d2 does after 200 ms.
    for _ in 0..2 {
        let error = S::run(&kept, "INSERT INTO t VALUES (2)").await.unwrap_err();
        assert!(
            !S::tells_closed() || error.to_lowercase().contains("closed"),
            "{error}"
        );
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    assert_eq!(subject.rows().await, 0);
    subject.until_it_can_be_written().await;
}

async fn a_kept_connection_is_cut_and_its_writes_are_gone<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let mut held = S::hold(&sandbox.pool).await;
    S::run_on(&mut held, "INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    let begun = Instant::now();
    let (subject, verdict) = sandbox.finish().await;
    assert!(is_straggler(&verdict), "{verdict:?}");
    assert!(begun.elapsed() < PATIENCE);
    subject.until_it_can_be_written().await;
    for sql in ["COMMIT", "INSERT INTO t VALUES (2)", "SELECT 1"] {
        S::run_on(&mut held, sql).await.unwrap_err();
    }
    assert_eq!(subject.rows().await, 0);
}

async fn a_kept_connection_is_closed_when_it_comes_back<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let kept = sandbox.pool.clone();
    let held = S::hold(&sandbox.pool).await;
    let (subject, verdict) = sandbox.finish().await;
    assert!(is_straggler(&verdict), "{verdict:?}");
    drop(held);
    S::run(&kept, "SELECT 1").await.unwrap_err();
    S::run(&kept, "INSERT INTO t VALUES (1)").await.unwrap_err();
    assert_eq!(subject.rows().await, 0);
}

async fn a_session_that_nobody_finishes_closes_its_connection<S: Subject>() {
    for in_use in [false, true] {
        let sandbox = Sandbox::<S>::open().await;
        let mut held = S::hold(&sandbox.pool).await;
        S::run_on(&mut held, "INSERT INTO t VALUES (1)")
            .await
            .unwrap();
        let held = in_use.then_some(held);
        let Sandbox {
            subject,
            pool,
            session,
        } = sandbox;
        drop(session);
        // A connection that is closed, or ended, is gone as soon as the server has noticed.
        subject.until_it_can_be_written().await;
        S::run(&pool, "INSERT INTO t VALUES (2)").await.unwrap_err();
        drop(held);
        S::run(&pool, "INSERT INTO t VALUES (3)").await.unwrap_err();
        assert_eq!(subject.rows().await, 0);
    }
}

async fn a_handle_that_goes_within_the_grace_is_no_straggler<S: Subject>() {
    for _ in 0..20 {
        let sandbox = Sandbox::<S>::open().await;
        let kept = sandbox.pool.clone();
        let held = S::hold(&sandbox.pool).await;
        let begun = Instant::now();
        let going = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(30)).await;
            drop(held);
            drop(kept);
            begun.elapsed()
        });
        let (_, verdict) = sandbox.finish().await;
        // Else the machine was too busy for it to go within the grace.
        if going.await.unwrap() < GRACE / 2 {
            assert!(verdict.is_rolled_back(), "{verdict:?}");
            return;
        }
    }
    panic!("it was never gone in time");
}

/// r2d2 would try again after 200 ms, and after twice as long each time.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_pool_does_not_go_on_connecting() {
    let line = line_to(&url()).await;
    let backend = Rollback::postgres(url_of(&url(), None, Some(line.address())));
    let Opened { pool, session } = open(&backend).await.unwrap();
    let kept = pool.clone();
    drop(pool);
    session.finish().await;
    let before = line.connections();
    assert!(kept.get_timeout(Duration::from_millis(900)).is_err());
    assert!(line.connections() <= before + 1, "{}", line.connections());
}
