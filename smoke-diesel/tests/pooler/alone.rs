//! Through a pooler that has one connection of the server: while a sandbox has it, production waits.

use std::time::Duration;

use smoke_conformance::eventually;
use smoke_testing::PATIENCE;
use smoke_testing::pooler::{Production, ask, connect};

use crate::application::Application;
use crate::{Sandbox, is_lost, with_every_pool};

with_every_pool! {
    production_goes_on_after_the_rollback,
    production_goes_on_when_an_idle_sandbox_is_past_its_limit,
    a_connection_that_is_held_is_ended_by_the_server,
    a_long_statement_is_ended_by_the_server,
}

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(120);

/// As it is unless the application says otherwise. The server counts its limits in whole seconds here.
const SHORT: Duration = Duration::from_secs(2);

/// Sends a statement through the same pooler, as production does.
struct Waiting(tokio::task::JoinHandle<()>);

impl Waiting {
    fn new(production: &Production) -> Self {
        let pooled = production.pooled.clone();
        Self(tokio::spawn(async move {
            let client = connect(&pooled).await;
            ask(&client, "SELECT 1").await;
        }))
    }

    /// Production can go on, at last.
    async fn ends(self) {
        let ended = tokio::time::timeout(PATIENCE, self.0);
        ended.await.unwrap().unwrap();
    }
}

async fn production_goes_on_after_the_rollback<A: Application>() {
    let production = Production::through_one_connection().await;
    let sandbox = Sandbox::<A>::limited(&production.pooled, LONG).await;
    let waiting = Waiting::new(&production);
    sandbox.session.enter().await.unwrap();
    sandbox.run(&production.insert(1)).await.unwrap();
    sandbox.session.leave().await.unwrap();
    let verdict = sandbox.finish().await;
    assert!(verdict.is_rolled_back(), "{verdict:?}");
    waiting.ends().await;
    assert_eq!(production.rows().await, 0);
}

/// There is no other connection that could end it.
async fn production_goes_on_when_an_idle_sandbox_is_past_its_limit<A: Application>() {
    let production = Production::through_one_connection().await;
    let sandbox = Sandbox::<A>::limited(&production.pooled, LONG).await;
    sandbox.run(&production.insert(1)).await.unwrap();
    let waiting = Waiting::new(&production);
    sandbox.session.cut().await;
    waiting.ends().await;
    sandbox.run(&production.insert(2)).await.unwrap_err();
    let verdict = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(production.rows().await, 0);
}

/// By its limit for silence.
async fn a_connection_that_is_held_is_ended_by_the_server<A: Application>() {
    let production = Production::through_one_connection().await;
    let sandbox = Sandbox::<A>::limited(&production.pooled, SHORT).await;
    sandbox.run(&production.insert(1)).await.unwrap();
    let held = sandbox.pool.hold().await;
    let waiting = Waiting::new(&production);
    sandbox.session.cut().await;
    waiting.ends().await;
    let verdict = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    drop(held);
    assert_eq!(production.rows().await, 0);
}

/// By its limit for statements, after which nobody has the connection.
async fn a_long_statement_is_ended_by_the_server<A: Application>() {
    let production = Production::through_one_connection().await;
    let sandbox = Sandbox::<A>::limited(&production.pooled, SHORT).await;
    sandbox.run(&production.insert(1)).await.unwrap();
    let (pool, process) = (sandbox.pool.clone(), sandbox.pool.process().await);
    let running = tokio::spawn(async move { pool.run("SELECT pg_sleep(120)").await });
    let sleeps = eventually(PATIENCE, || production.sleeps(process), |sleeps| *sleeps);
    sleeps.await.unwrap();
    let waiting = Waiting::new(&production);
    sandbox.session.cut().await;
    running.await.unwrap().unwrap_err();
    let verdict = sandbox.finish().await;
    assert!(is_lost(&verdict), "{verdict:?}");
    waiting.ends().await;
    assert_eq!(production.rows().await, 0);
}
