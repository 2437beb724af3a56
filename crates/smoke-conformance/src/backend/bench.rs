//! A registry around the backend, and the view from outside.

use std::time::Duration;

use smoke_core::{Outcome, Registry, Runner, Selection, Test, TestFn, TestReport};

use super::Database;
use super::app::SqlApp;

/// How long something may be held up by a sandbox that is past its limit.
const MARGIN: Duration = Duration::from_secs(3);

/// The backend at work, and production beside it.
#[derive(Clone)]
pub(super) struct Bench<D: Database> {
    pub(super) database: D,
    pub(super) production: D::Pool,
}

impl<D: Database> Bench<D> {
    pub(super) async fn new(database: D) -> Result<Self, String> {
        let production = database.production();
        let table =
            "CREATE TABLE smoke_conformance (id INTEGER PRIMARY KEY, note VARCHAR(200) NOT NULL)";
        D::execute(&production, "DROP TABLE IF EXISTS smoke_conformance").await?;
        D::execute(&production, table).await?;
        D::execute(
            &production,
            "INSERT INTO smoke_conformance VALUES (1, 'of production')",
        )
        .await?;
        Ok(Self {
            database,
            production,
        })
    }

    pub(super) async fn drop_table(&self) {
        let _ = D::execute(&self.production, "DROP TABLE smoke_conformance").await;
    }

    /// Puts the table right for the next check, which shows too that it can be written to.
    pub(super) async fn clean(&self) -> Result<(), String> {
        let cleaning = D::execute(
            &self.production,
            "DELETE FROM smoke_conformance WHERE id <> 1",
        );
        match tokio::time::timeout(MARGIN, cleaning).await {
            Ok(cleaned) => cleaned
                .map_err(|error| format!("the table cannot be written to afterwards: {error}")),
            Err(_) => Err(format!(
                "the table cannot be written to within {MARGIN:?} afterwards"
            )),
        }
    }

    /// The rows that production sees.
    pub(super) async fn rows(&self) -> Result<i64, String> {
        D::number(&self.production, "SELECT COUNT(*) FROM smoke_conformance").await
    }

    /// The connections to the database, production's and those of sandboxes.
    pub(super) async fn connections(&self) -> Result<i64, String> {
        self.database.connections(&self.production).await
    }

    /// Fails where production sees anything but its own row.
    pub(super) async fn nothing_stays(&self) -> Result<(), String> {
        match self.rows().await? {
            1 => Ok(()),
            rows => Err(format!(
                "production sees {} rows that were to be rolled back",
                rows - 1
            )),
        }
    }

    pub(super) fn runner(&self, registry: Registry) -> Runner {
        let app = SqlApp::<D>::factory(self.production.clone());
        Runner::new(registry.rollback(self.database.backend()).app(app))
    }

    /// Runs one test.
    pub(super) async fn run<Marker: 'static>(&self, function: impl TestFn<Marker>) -> TestReport {
        self.run_test(Test::new("conformance::test", function))
            .await
    }

    pub(super) async fn run_test(&self, test: Test) -> TestReport {
        one(&self.runner(Registry::new().test(test))).await
    }

    /// How long something may wait for a sandbox.
    pub(super) fn patience(&self) -> Duration {
        smoke_core::Backend::limit(&self.database.backend()) + MARGIN
    }
}

/// Runs the only test of a runner.
pub(super) async fn one(runner: &Runner) -> TestReport {
    let mut report = runner.run(Selection::slow()).await;
    assert_eq!(report.tests.len(), 1, "{report:?}");
    report.tests.remove(0)
}

pub(super) fn expect(test: &TestReport, outcome: Outcome, message: &str) -> Result<(), String> {
    let said = test.message.as_deref().unwrap_or_default();
    if test.outcome == outcome && said.contains(message) {
        return Ok(());
    }
    let causes = test.causes.join(": ");
    Err(format!(
        "the test {}: {said:?} (caused by: {causes}), where {outcome} and {message:?} were expected",
        test.outcome
    ))
}
