//! Nothing is held for long, and nothing is left open.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use smoke_core::{Limits, Outcome, Registry, Result, Runner, Sandbox, Selection, Test};
use tokio::sync::mpsc;

use super::insert;
use crate::backend::Database;
use crate::backend::bench::{Bench, expect};
use crate::eventually;

/// How long servers take to close connections, on a machine that is busy.
const CLOSED: Duration = Duration::from_secs(15);

pub(super) async fn a_hung_test<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let (wrote, mut written) = mpsc::unbounded_channel();
    let body = move |Sandbox(pool): Sandbox<D::Pool>| {
        let (held, wrote) = (Arc::clone(&held), wrote.clone());
        async move {
            D::execute(&pool, &insert(2)).await?;
            let _connection = D::hold(&pool).await?;
            let _ = wrote.send(());
            // Stops its thread with the row's lock and the connection in hand.
            let _ = held.lock().map(|held| held.recv());
            Ok::<_, smoke_core::Error>(())
        }
    };
    // Its own time is long: the sandbox's limit has to be what ends it.
    let test = Test::new("conformance::hung", body).timeout(Duration::from_secs(10));
    let runner = bench.runner(Registry::new().test(test));
    let running = tokio::spawn({
        let runner = runner.clone();
        async move { runner.run(Selection::fast()).await }
    });
    if tokio::time::timeout(bench.patience(), written.recv())
        .await
        .is_err()
    {
        return Err("the test did not write".to_owned());
    }
    // The table is changed, which waits for everybody who has looked at it.
    let (add, remove) = (
        "ALTER TABLE smoke_conformance ADD COLUMN more INTEGER",
        "ALTER TABLE smoke_conformance DROP COLUMN more",
    );
    let limit = bench.patience();
    // SQLite says at once that somebody else writes, where others wait.
    let locked = |error: &String| error.contains("locked");
    let changing = eventually(
        limit,
        || D::execute(&bench.production, add),
        |changed| !changed.as_ref().is_err_and(locked),
    );
    let changed = changing.await;
    drop(release);
    let report = running.await.map_err(|error| error.to_string())?;
    changed.map_err(|error| format!("production waited: {error}"))??;
    D::execute(&bench.production, remove).await?;
    bench.nothing_stays().await?;
    expect(&report.tests[0], Outcome::Errored, "")
}

pub(super) async fn a_database_that_is_down<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    let registry = Registry::new()
        .rollback(bench.database.unreachable())
        .test(Test::new(
            "conformance::needs",
            async |_: Sandbox<D::Pool>| {},
        ))
        .test(Test::new("conformance::other", async || {}));
    let report = Runner::new(registry).run(Selection::fast()).await;
    expect(
        &report.tests[0],
        Outcome::Errored,
        "the sandbox could not be opened",
    )?;
    expect(&report.tests[1], Outcome::Passed, "")
}

pub(super) async fn a_hundred_tests<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    let body = async |Sandbox(pool): Sandbox<D::Pool>| -> Result {
        Ok(D::execute(&pool, &insert(2)).await?)
    };
    // A pooler keeps as many as were ever needed at once: production's, and a sandbox's beside it.
    let production = bench.production.clone();
    let beside = move |Sandbox(pool): Sandbox<D::Pool>| {
        let production = production.clone();
        async move {
            D::execute(&pool, "SELECT 1").await?;
            Ok::<_, smoke_core::Error>(D::execute(&production, "SELECT 1").await?)
        }
    };
    let first = Registry::new().test(Test::new("conformance::beside_production", beside));
    let report = bench.runner(first).run(Selection::fast()).await;
    expect(&report.tests[0], Outcome::Passed, "")?;
    let before = bench.connections().await?;
    let registry = (0..100).fold(Registry::new(), |registry, at| {
        registry.test(Test::new(format!("conformance::test_{at:03}"), body))
    });
    let limits = Limits::default().slow_run(Duration::from_secs(120));
    let runner = bench.runner(registry.limits(limits));
    let report = runner.run(Selection::slow()).await;
    if let Some(test) = report
        .tests
        .iter()
        .find(|test| test.outcome != Outcome::Passed)
    {
        expect(test, Outcome::Passed, "")?;
    }
    let open = eventually(
        CLOSED,
        || bench.connections(),
        |open| !matches!(open, Ok(open) if *open > before),
    );
    let open = open.await;
    open.map_err(|error| format!("connections stay open, {before} were before: {error}"))??;
    bench.nothing_stays().await
}
