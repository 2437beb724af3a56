//! A transaction that is ended with raw SQL is noticed.

use crate::subject::{
    PATIENCE, Sandbox, Subject, is_escaped, is_lost, is_straggler, on_every_subject,
};

on_every_subject! {
    a_raw_commit_is_noticed_at_the_next_check_out,
    a_raw_commit_on_a_connection_that_is_held_is_noticed_at_the_end,
    what_the_session_takes_is_not_counted,
    a_long_statement_ends_when_the_sandbox_is_cut,
    an_idle_connection_that_is_held_can_be_cut,
    a_session_that_nobody_finishes_closes_its_connection,
    a_pool_that_is_kept_is_a_straggler_and_hands_nothing_out,
}

async fn a_raw_commit_is_noticed_at_the_next_check_out<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    for sql in ["COMMIT", "ROLLBACK; BEGIN"] {
        let sandbox = Sandbox::<S>::open().await;
        sandbox.run(sql).await.ok();
        let error = sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
        assert!(error.to_string().contains("closed"), "{error}");
        let verdict = sandbox.finish().await;
        assert!(is_escaped(&verdict), "{verdict:?}");
    }
    assert!(sandbox.finish().await.is_rolled_back());
}

async fn a_raw_commit_on_a_connection_that_is_held_is_noticed_at_the_end<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let (mut held, left) = sandbox.request(sandbox.pool.acquire()).await;
    left.unwrap();
    S::run_on(held.as_mut().unwrap(), "COMMIT").await.ok();
    drop(held);
    let verdict = sandbox.finish().await;
    assert!(is_escaped(&verdict), "{verdict:?}");
}

async fn what_the_session_takes_is_not_counted<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    assert_eq!(sandbox.session.checkouts(), 0);
    sandbox.run("SELECT 1").await.unwrap();
    let (ran, left) = sandbox.request(sandbox.run("SELECT 1")).await;
    ran.unwrap();
    left.unwrap();
    assert_eq!(sandbox.session.checkouts(), 2);
    assert!(sandbox.finish().await.is_rolled_back());
}

async fn a_long_statement_ends_when_the_sandbox_is_cut<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    let mut held = sandbox.pool.acquire().await.unwrap();
    let begun = std::time::Instant::now();
    let (ran, ()) = tokio::join!(S::run_on(&mut held, S::LONG), async {
        // Whether the statement has begun is nowhere to be seen on SQLite.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        assert!(sandbox.session.cut().await);
    });
    ran.unwrap_err();
    assert!(begun.elapsed() < PATIENCE);
    drop(held);
    let verdict = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
}

async fn an_idle_connection_that_is_held_can_be_cut<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let mut held = sandbox.pool.acquire().await.unwrap();
    S::run_on(&mut held, "INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    assert!(sandbox.session.cut().await);
    S::run(
        &sandbox.production,
        "INSERT INTO t VALUES (1); DELETE FROM t",
    )
    .await
    .unwrap();
    S::run_on(&mut held, "COMMIT").await.unwrap_err();
    drop(held);
    sandbox.run("SELECT 1").await.unwrap_err();
    let verdict = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
}

async fn a_session_that_nobody_finishes_closes_its_connection<S: Subject>() {
    for in_use in [false, true] {
        let sandbox = Sandbox::<S>::open().await;
        let mut held = sandbox.pool.acquire().await.unwrap();
        S::run_on(&mut held, "INSERT INTO t VALUES (1)")
            .await
            .unwrap();
        let held = in_use.then_some(held);
        drop(sandbox.session);
        let production = &sandbox.production;
        let begun = std::time::Instant::now();
        while S::run(production, "INSERT INTO t VALUES (1); DELETE FROM t")
            .await
            .is_err()
        {
            assert!(begun.elapsed() < PATIENCE, "in use: {in_use}");
        }
        let error = S::run(&sandbox.pool, "SELECT 1").await.unwrap_err();
        assert!(error.to_string().contains("closed"), "{error}");
        drop(held);
        assert_eq!(S::rows(production).await, 0);
    }
}

async fn a_pool_that_is_kept_is_a_straggler_and_hands_nothing_out<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let kept = sandbox.pool.clone();
    let verdict = sandbox.finish().await;
    assert!(is_straggler(&verdict), "{verdict:?}");
    let error = S::run(&kept, "INSERT INTO t VALUES (1)").await.unwrap_err();
    assert!(error.to_string().contains("closed"), "{error}");
    assert!(kept.try_acquire().is_none());
}
