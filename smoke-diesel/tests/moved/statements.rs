//! How many entries the server's statistics of statements keep.

use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use smoke_core::{Ask, Limits, Registry, Runner, Selection};

use crate::place::postgres::Postgres;
use crate::place::{HELD, Place};
use crate::runs::{assert_passed_but, test};

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_runs_leave_a_few_entries_in_the_statistics() {
    let place = Postgres::new().await;
    let registry = (0..10).fold(Registry::new(), |registry, at| {
        registry.test(test::<Postgres, _>(&format!("t{at}"), async |pool| {
            Postgres::run(&pool, "INSERT INTO t VALUES (1)").await
        }))
    });
    let limits = Limits::default()
        .tests_at_once(1)
        .starts_per_minute(usize::MAX)
        .reuse(Duration::ZERO);
    let runner = Runner::new(registry.rollback(place.moving(HELD)).limits(limits));
    for _ in 0..300 {
        let answer = runner.ask(Ask::new(Selection::fast()).fresh()).await;
        assert_passed_but(&answer.report, &[]);
    }
    assert_eq!(place.made().await, Some(300));
    let kept = place.statements().await;
    let ours = kept.iter().filter(|text| text.contains("smoke")).count();
    assert!(ours <= 12, "{kept:#?}");
    assert!(kept.len() <= 40, "{kept:#?}");
    assert_eq!(place.rows().await, 0);
}

impl Postgres {
    /// The texts of all that the server has kept of statements in this database.
    async fn statements(&self) -> Vec<String> {
        let mut admin = Self::administrator().await;
        // Another program of tests may do the same at this moment.
        let _ = admin
            .batch_execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            .await;
        let texts = format!(
            "SELECT string_agg(query, E'\\n--\\n') FROM pg_stat_statements \
             WHERE dbid = (SELECT oid FROM pg_database WHERE datname = '{}')",
            self.database
        );
        let texts = Self::administer(&texts).await;
        texts.split("\n--\n").map(str::to_lowercase).collect()
    }
}
