//! Through the pooler.

use smoke_conformance::eventually;
use smoke_testing::PATIENCE;
use smoke_testing::pooler::Production;

use crate::application::Application;
use crate::{Sandbox, is_escaped, is_lost, with_every_pool};

with_every_pool! {
    what_production_has_in_its_sessions_is_as_it_was,
    a_commit_is_refused_and_seen,
    what_comes_after_it_is_written_and_seen,
    a_sandbox_is_ended_from_outside,
    a_process_that_is_productions_again_is_not_ended,
}

async fn what_production_has_in_its_sessions_is_as_it_was<A: Application>() {
    let production = Production::new().await;
    let before = production
        .sessions("pg_advisory_lock(77, pg_backend_pid())")
        .await;
    let sandbox = Sandbox::<A>::open(&production.pooled).await;
    let process = sandbox.pool.process().await;
    sandbox.session.enter().await.unwrap();
    sandbox.run(&production.insert(1)).await.unwrap();
    sandbox.pool.prepare().await;
    sandbox.run(&production.insert(1)).await.unwrap_err();
    sandbox.session.leave().await.unwrap();
    let verdict = sandbox.finish().await;
    assert!(verdict.is_rolled_back(), "{verdict:?}");
    assert_eq!(production.rows().await, 0);

    let after = production.sessions("0").await;
    assert!(after.contains_key(&process), "the server's process is gone");
    assert_eq!(after, before);
    let lock = format!("advisory 77 {process}");
    assert!(after[&process].contains(&lock), "{after:?}");
    production.sessions("pg_advisory_unlock_all()").await;
}

async fn is_seen<A: Application>(production: &Production, sql: &str) {
    let sandbox = Sandbox::<A>::open(&production.pooled).await;
    sandbox.session.enter().await.unwrap();
    sandbox.run(&production.insert(1)).await.unwrap();
    sandbox.run(sql).await.ok();
    let left = sandbox.session.leave().await.unwrap_err();
    assert!(is_escaped(&left), "{sql}: {left:?}");
    let verdict = sandbox.finish().await;
    assert!(is_escaped(&verdict), "{sql}: {verdict:?}");
}

async fn a_commit_is_refused_and_seen<A: Application>() {
    let production = Production::new().await;
    for sql in ["COMMIT", "COMMIT; BEGIN", "COMMIT AND CHAIN"] {
        is_seen::<A>(&production, sql).await;
        assert_eq!(production.rows().await, 0, "{sql}");
    }
}

async fn what_comes_after_it_is_written_and_seen<A: Application>() {
    let production = Production::new().await;
    for (key, begins) in [(2, "ROLLBACK"), (3, "CLOSE ALL; ROLLBACK; BEGIN")] {
        let sql = format!("{begins}; {}; COMMIT", production.insert(key));
        is_seen::<A>(&production, &sql).await;
        assert_eq!(production.rows().await, i64::from(key) - 1, "{sql}");
    }
}

async fn a_sandbox_is_ended_from_outside<A: Application>() {
    let production = Production::new().await;
    let sandbox = Sandbox::<A>::open(&production.pooled).await;
    let process = sandbox.pool.process().await;
    sandbox.run(&production.insert(1)).await.unwrap();
    sandbox.session.cut().await;
    let ended = eventually(PATIENCE, || production.has(process), |has| !has);
    ended.await.unwrap();
    let verdict = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(production.rows().await, 0);
}

async fn a_process_that_is_productions_again_is_not_ended<A: Application>() {
    let production = Production::new().await;
    let sandbox = Sandbox::<A>::open(&production.pooled).await;
    let process = sandbox.pool.process().await;
    let sql = format!("{}; CLOSE ALL; COMMIT", production.insert(1));
    sandbox.run(&sql).await.unwrap();
    sandbox.session.cut().await;
    assert!(production.has(process).await);
    let verdict = sandbox.finish().await;
    assert!(is_escaped(&verdict), "{verdict:?}");
}
