//! What production feels of smoke tests that use its tables.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::time::{Duration, Instant};

use smoke_axum::{Ask, Runner, Selection};
use soak::database::{Database, LockWatch, MariadbDatabase, PostgresDatabase, SqliteDatabase};
use soak::load::Load;
use soak::scale::of;
use soak::shop::{self, Tills, registry};
use soak::stack::{Connection as _, Sqlite, Stack};
use soak::waits::{Beside, Does, Waits};

/// What a machine that is busy may add to a wait.
const SLACK: Duration = Duration::from_secs(3);
/// The pause between two runs: more than anybody asks for.
const BETWEEN_RUNS: Duration = Duration::from_millis(50);

/// Ends in between, so that both kinds of phases have the same of everything else.
async fn run_beside<D: Database>(limit: Duration) -> Waits {
    let database = D::new().await;
    let load = Load::start::<D::Stack>(database.url());
    let (mut passed, mut others, mut said) = (0, 0, None);
    for _ in 0..of(2, 12) {
        tokio::time::sleep(phase()).await;
        load.is_beside(true);
        // A test that was the victim of a deadlock on MariaDB is not run again by its runner.
        let runner = Runner::new(registry::<D::Stack>(database.url(), Tills(1, 2)));
        let start = Instant::now();
        while start.elapsed() < phase() {
            let ask = Ask::new(Selection::fast()).fresh();
            let report = runner.ask(ask).await.report;
            passed += report.counts().passed;
            others += report.counts().failed + report.counts().errored;
            if !report.verdict().is_pass() {
                said.get_or_insert(report);
            }
            tokio::time::sleep(BETWEEN_RUNS).await;
        }
        runner.shutdown().await;
        load.is_beside(false);
    }
    let (waits, sold) = load.end();
    let name = D::Stack::NAME;
    println!("{name}: {passed} smoke tests passed and {others} did not beside production\n{waits}");
    for (does, statements) in waits.beside(Beside::SmokeTests) {
        for (error, count) in &statements.errors {
            println!("{name}: {count} times in {does:?}: {error}");
        }
        assert!(
            statements.longest < limit + SLACK,
            "{name}: {does:?} waited for {:?}",
            statements.longest
        );
    }
    assert!(passed > 0, "{name}: {said:#?}");
    assert_eq!(waits.beside(Beside::Alone).count(), 3, "{name}");
    assert_eq!(waits.beside(Beside::SmokeTests).count(), 3, "{name}");
    let mut connection = <D::Stack as Stack>::Connection::connect(database.url())
        .await
        .unwrap();
    assert_eq!(connection.number(shop::ROWS).await.unwrap(), 0);
    let kept = "SELECT count(*) FROM sales";
    assert_eq!(connection.number(kept).await.unwrap(), sold as i64);
    waits
}

/// How long there is a load, with smoke tests beside it or without: that is what is measured, and no
/// state that could be waited for.
fn phase() -> Duration {
    of(Duration::from_secs(2), Duration::from_secs(5))
}

fn errors(waits: &Waits) -> Vec<(Does, &String)> {
    let all = waits.beside(Beside::SmokeTests);
    all.flat_map(|(does, statements)| statements.errors.keys().map(move |error| (does, error)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn production_on_postgres_waits_two_seconds_at_most_and_meets_no_error() {
    let waits = run_beside::<PostgresDatabase>(Duration::from_secs(2)).await;
    assert_eq!(errors(&waits), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn production_on_mariadb_waits_two_seconds_at_most_and_meets_no_error() {
    let waits = run_beside::<MariadbDatabase>(Duration::from_secs(2)).await;
    assert_eq!(errors(&waits), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn production_on_sqlite_waits_a_second_at_most_and_meets_no_error() {
    let waits = run_beside::<SqliteDatabase>(Duration::from_secs(1)).await;
    assert_eq!(errors(&waits), []);
}

/// What production waits for is one sandbox and no more: between two of them it is let in.
#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_on_sqlite_has_the_writers_lock_for_a_second_at_most() {
    let database = SqliteDatabase::new().await;
    for too_long in [false, true] {
        let registry = registry::<Sqlite>(database.url(), Tills(1, 2));
        let runner = Runner::new(if too_long {
            shop::with_one_that_is_too_long(registry)
        } else {
            registry
        });
        let watch = LockWatch::start(database.url());
        for _ in 0..of(3, 12) {
            let ask = Ask::new(Selection::fast()).fresh();
            let report = runner.ask(ask).await.report;
            assert_eq!(report.verdict().is_pass(), !too_long, "{report:#?}");
        }
        runner.shutdown().await;
        let longest = watch.longest();
        println!("sqlite: the writer's lock was held for {longest:?} (too long: {too_long})");
        assert!(longest < Duration::from_secs(1) + SLACK, "{longest:?}");
    }
}
