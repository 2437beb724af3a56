//! What a test that goes wrong costs the tests after it.

use std::time::Duration;

use smoke_core::{Registry, Test};
use smoke_sqlx::Rollback;
use sqlx::Sqlite;

use crate::place::{LONG, Place, run as run_sql};
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run, test};

const WRONG: &str = "b_goes_wrong";

/// The tests before and after the one that goes wrong pass, those after it on another connection.
async fn costs_a_connection(
    goes_wrong: Test,
    limits: impl FnOnce(Rollback<Sqlite>) -> Rollback<Sqlite>,
) {
    let place = Place::new().await;
    let (before, after) = (Seen::default(), Seen::default());
    let registry = Registry::new()
        .rollback(limits(place.moving()))
        .test(as_on_a_new_one("a", &before))
        .test(goes_wrong)
        .test(as_on_a_new_one("c", &after))
        .test(as_on_a_new_one("d", &after));
    assert_passed_but(&run(registry).await, &[WRONG]);
    assert_eq!(after.count(), 1);
    assert_ne!(before.last(), after.last());
    place.until_none_is_left().await;
    assert_eq!(place.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_hangs_in_a_statement_costs_a_new_connection() {
    let hangs = test(WRONG, async |pool| {
        run_sql(&pool, "INSERT INTO t VALUES (1)").await?;
        let left = tokio::spawn(async move { run_sql(&pool, LONG).await });
        left.await.map_err(|error| error.to_string())?
    });
    costs_a_connection(hangs.timeout(Duration::from_millis(500)), |same| same).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_escapes_costs_a_new_connection() {
    let escapes = test(WRONG, async |pool| {
        run_sql(&pool, "INSERT INTO t VALUES (1)").await?;
        // It is refused.
        let _ = run_sql(&pool, "COMMIT").await;
        Ok(())
    });
    costs_a_connection(escapes, |same| same).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_past_the_limit_of_its_sandbox_costs_a_new_connection() {
    let runs_on = test(WRONG, async |pool| {
        run_sql(&pool, "INSERT INTO t VALUES (1)").await?;
        run_sql(&pool, LONG).await
    });
    costs_a_connection(runs_on, |rollback| rollback.limit(Duration::from_secs(1))).await;
}
