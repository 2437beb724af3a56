//! What a test that goes wrong costs the tests after it.

use std::future::Future;
use std::time::Duration;

use smoke_core::{Registry, Test};

use crate::place::postgres::Postgres;
use crate::place::{HELD, Place, in_every_place};
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run, test};

in_every_place! {
    a_test_that_hangs_costs_nothing_but_its_time,
    a_test_that_hangs_in_a_statement_costs_a_new_connection,
    a_test_that_escapes_costs_a_new_connection,
    a_test_past_the_limit_of_its_sandbox_costs_a_new_connection,
}

const WRONG: &str = "b_goes_wrong";

/// The connections of the tests before and after the one that goes wrong; all of them pass.
async fn around<P: Place>(limit: Duration, goes_wrong: Test) -> (Seen, Seen) {
    let place = P::new().await;
    let (before, after) = (Seen::default(), Seen::default());
    let registry = Registry::new()
        .rollback(place.moving(limit))
        .test(as_on_a_new_one::<P>("a", &before))
        .test(goes_wrong)
        .test(as_on_a_new_one::<P>("c", &after))
        .test(as_on_a_new_one::<P>("d", &after));
    let report = run(registry).await;
    assert_passed_but(&report, &[WRONG]);
    place.made().await;
    assert_eq!(place.rows().await, 0);
    (before, after)
}

/// The tests after the one that goes wrong have another connection.
async fn costs_a_connection<P: Place>(limit: Duration, goes_wrong: Test) {
    let (before, after) = around::<P>(limit, goes_wrong).await;
    assert_eq!(after.count(), 1);
    assert_ne!(before.last(), after.last());
}

fn inserts_and<P, F>(then: impl Fn(P::Pool) -> F + Clone + Send + Sync + 'static) -> Test
where
    P: Place,
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    test::<P, _>(WRONG, move |pool| {
        let then = then.clone();
        async move {
            P::run(&pool, "INSERT INTO t VALUES (1)").await?;
            then(pool).await
        }
    })
}

/// It is given up, and its connection was rolled back in order.
async fn a_test_that_hangs_costs_nothing_but_its_time<P: Place>() {
    let hangs = inserts_and::<P, _>(async |pool| {
        std::future::pending::<()>().await;
        drop(pool);
        Ok(())
    });
    let limit = Duration::from_millis(500);
    let (before, after) = around::<P>(HELD, hangs.timeout(limit)).await;
    assert_eq!((before.count(), after.count()), (1, 1));
}

/// The task that it has left holds the connection, and is told that it has none any more.
async fn a_test_that_hangs_in_a_statement_costs_a_new_connection<P: Place>() {
    let hangs = inserts_and::<P, _>(async |pool| {
        let left = tokio::spawn(async move { P::run(&pool, P::LONG).await });
        left.await.map_err(|error| error.to_string())?
    });
    costs_a_connection::<P>(HELD, hangs.timeout(Duration::from_millis(500))).await;
}

async fn a_test_that_escapes_costs_a_new_connection<P: Place>() {
    let escapes = inserts_and::<P, _>(async |pool| {
        // It is refused.
        let _ = P::run(&pool, "COMMIT").await;
        Ok(())
    });
    costs_a_connection::<P>(HELD, escapes).await;
}

async fn a_test_past_the_limit_of_its_sandbox_costs_a_new_connection<P: Place>() {
    let runs_on = inserts_and::<P, _>(async |pool| P::run(&pool, P::LONG).await);
    costs_a_connection::<P>(Duration::from_secs(1), runs_on).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_loses_its_connection_costs_a_new_one() {
    let loses = inserts_and::<Postgres, _>(async |pool| {
        let _ = Postgres::run(&pool, "SELECT pg_terminate_backend(pg_backend_pid())").await;
        Ok(())
    });
    costs_a_connection::<Postgres>(HELD, loses).await;
}
