//! Runs of tests that have one connection, one after the other.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smoke_core::{Limits, Outcome, Registry, Report, Runner, Sandbox, Selection, Test};
use sqlx::SqlitePool;

use crate::place::{ask, run as run_sql};

/// The connections that the tests of a run have had.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<i64>>>);

impl Seen {
    pub(crate) fn add(&self, what: i64) {
        self.0.lock().unwrap().push(what);
    }

    pub(crate) fn last(&self) -> i64 {
        *self.0.lock().unwrap().last().unwrap()
    }

    /// How many different ones.
    pub(crate) fn count(&self) -> usize {
        let seen = self.0.lock().unwrap();
        seen.iter().collect::<BTreeSet<_>>().len()
    }
}

/// A test of what is done with the pool of its sandbox.
pub(crate) fn test<F>(
    name: &str,
    body: impl Fn(SqlitePool) -> F + Clone + Send + Sync + 'static,
) -> Test
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    Test::new(
        name.to_owned(),
        move |Sandbox(pool): Sandbox<SqlitePool>| body(pool),
    )
}

/// A test that finds nothing of the tests before it and can do whatever it could do on a connection
/// of its own; which one it had is kept.
pub(crate) fn as_on_a_new_one(name: &str, seen: &Seen) -> Test {
    let seen = seen.clone();
    test(name, move |pool| {
        let seen = seen.clone();
        async move {
            seen.add(ask(&pool, "SELECT smoke_identity()").await?);
            let rows = async |count: i64| {
                let found = ask(&pool, "SELECT count(*) FROM t").await?;
                (found == count).then_some(()).ok_or(found.to_string())
            };
            rows(0).await?;
            roll_back(&pool).await.map_err(|error| error.to_string())?;
            rows(0).await?;
            run_sql(&pool, "INSERT INTO t VALUES (1)").await?;
            run_sql(&pool, "INSERT INTO t VALUES (2)").await?;
            rows(2).await
        }
    })
}

/// Inserts in a transaction of the application's own, and rolls that back.
async fn roll_back(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query("INSERT INTO t VALUES (2)")
        .execute(&mut *transaction)
        .await?;
    transaction.rollback().await
}

/// Runs the tests one after the other.
pub(crate) async fn run(registry: Registry) -> Report {
    let limits = Limits::default()
        .tests_at_once(1)
        .test(Duration::from_secs(30))
        .slow_run(Duration::from_secs(120));
    let runner = Runner::new(registry.limits(limits));
    let report = runner.run(Selection::slow()).await;
    runner.shutdown().await;
    report
}

/// All tests but these have passed.
pub(crate) fn assert_passed_but(report: &Report, bad: &[&str]) {
    for test in &report.tests {
        let is_bad = bad.contains(&&*test.name);
        assert_eq!(test.outcome != Outcome::Passed, is_bad, "{test:#?}");
    }
    assert!(report.tests.len() > bad.len(), "{report:#?}");
}
