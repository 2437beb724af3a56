//! Runs of tests that have one connection, one after the other.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smoke_core::{Limits, Outcome, Registry, Report, Runner, Sandbox, Selection, Test};

use crate::place::Place;

/// What the tests of a run have found out.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    pub(crate) fn add(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    pub(crate) fn last(&self) -> String {
        self.0.lock().unwrap().last().unwrap().clone()
    }

    /// How many different ones.
    pub(crate) fn count(&self) -> usize {
        let seen = self.0.lock().unwrap();
        seen.iter().collect::<BTreeSet<_>>().len()
    }
}

/// A test of what is done with the pool of its sandbox.
pub(crate) fn test<P, F>(
    name: &str,
    body: impl Fn(P::Pool) -> F + Clone + Send + Sync + 'static,
) -> Test
where
    P: Place,
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    Test::new(name.to_owned(), move |Sandbox(pool): Sandbox<P::Pool>| {
        body(pool)
    })
}

/// A test that finds nothing of the tests before it and can do whatever it could do on a connection
/// of its own; which one it had is kept.
pub(crate) fn as_on_a_new_one<P: Place>(name: &str, seen: &Seen) -> Test {
    let seen = seen.clone();
    test::<P, _>(name, move |pool| {
        let seen = seen.clone();
        async move {
            seen.add(P::ask(&pool, P::WHO).await?);
            let rows = async |count: &str| {
                let found = P::ask(&pool, "SELECT CAST(count(*) AS TEXT) FROM t").await?;
                (found == count).then_some(()).ok_or(found)
            };
            rows("0").await?;
            P::roll_back(&pool, "INSERT INTO t VALUES (2)").await?;
            rows("0").await?;
            P::run(&pool, "INSERT INTO t VALUES (1)").await?;
            P::run(&pool, "INSERT INTO t VALUES (2)").await?;
            rows("2").await
        }
    })
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

/// The message of a test that was errored, or nothing of one that passed.
pub(crate) fn said(report: &Report, name: &str) -> Option<String> {
    let test = report.tests.iter().find(|test| test.name == name).unwrap();
    match test.outcome {
        Outcome::Passed => None,
        _ => Some(format!("{test:#?}")),
    }
}

/// All tests but these have passed.
pub(crate) fn assert_passed_but(report: &Report, bad: &[&str]) {
    for test in &report.tests {
        let is_bad = bad.contains(&&*test.name);
        assert_eq!(test.outcome != Outcome::Passed, is_bad, "{test:#?}");
    }
    assert!(report.tests.len() > bad.len(), "{report:#?}");
}
