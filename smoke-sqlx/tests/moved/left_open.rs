//! What a test leaves undone in its connection.

use std::future::Future;
use std::time::Duration;

use smoke_core::Registry;
use sqlx::SqlitePool;

use crate::place::{LONG, Place, run as run_sql};
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run, test};

/// The tests after one that does this pass, and it does, too.
async fn passes_after<F>(leaves: impl Fn(SqlitePool) -> F + Clone + Send + Sync + 'static)
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let place = Place::new().await;
    let seen = Seen::default();
    let registry = Registry::new()
        .rollback(place.moving())
        .test(as_on_a_new_one("a", &seen))
        .test(test("b_leaves", leaves))
        .test(as_on_a_new_one("c", &seen))
        .test(as_on_a_new_one("d", &seen));
    let report = run(registry).await;
    assert_passed_but(&report, &[]);
    place.until_none_is_left().await;
    assert_eq!(place.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_transaction_that_was_forgotten_the_next_test_is_as_on_a_new_connection() {
    passes_after(async |pool| {
        let mut held = pool.acquire().await.map_err(|error| error.to_string())?;
        let begun = sqlx::Connection::begin(&mut *held).await;
        // Not even dropped, which would roll it back.
        std::mem::forget(begun.map_err(|error| error.to_string())?);
        drop(held);
        run_sql(&pool, "INSERT INTO t VALUES (1)").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_error_the_next_test_is_as_on_a_new_connection() {
    passes_after(async |pool| {
        run_sql(&pool, "INSERT INTO t VALUES (1)").await?;
        match run_sql(&pool, "INSERT INTO t VALUES (1)").await {
            Ok(()) => Err("it was inserted twice".to_owned()),
            Err(_) => Ok(()),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_query_that_was_given_up_the_next_test_is_as_on_a_new_connection() {
    passes_after(async |pool| {
        run_sql(&pool, "INSERT INTO t VALUES (1)").await?;
        let some = LONG.replace("FROM n)", "FROM n LIMIT 300000)");
        match tokio::time::timeout(Duration::from_millis(1), run_sql(&pool, &some)).await {
            Ok(ended) => ended,
            Err(_) => Ok(()),
        }
    })
    .await;
}
