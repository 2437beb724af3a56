//! What a test leaves undone in its connection.

use std::future::Future;
use std::time::Duration;

use smoke_core::Registry;

use crate::place::postgres::Postgres;
use crate::place::{HELD, Place, in_every_place};
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run, test};

in_every_place! {
    after_a_transaction_that_was_left_open_the_next_test_is_as_on_a_new_connection,
    after_an_error_the_next_test_is_as_on_a_new_connection,
}

/// The tests after one that does this pass, and it does, too.
async fn passes_after<P, F>(leaves: impl Fn(P::Pool) -> F + Clone + Send + Sync + 'static)
where
    P: Place,
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let place = P::new().await;
    let seen = Seen::default();
    let registry = Registry::new()
        .rollback(place.moving(HELD))
        .test(as_on_a_new_one::<P>("a", &seen))
        .test(test::<P, _>("b_leaves", leaves))
        .test(as_on_a_new_one::<P>("c", &seen))
        .test(as_on_a_new_one::<P>("d", &seen));
    let report = run(registry).await;
    assert_passed_but(&report, &[]);
    place.made().await;
    assert_eq!(place.rows().await, 0);
}

async fn after_a_transaction_that_was_left_open_the_next_test_is_as_on_a_new_connection<
    P: Place,
>() {
    passes_after::<P, _>(|pool| async move {
        P::run(&pool, "INSERT INTO t VALUES (1)").await?;
        P::leave_open(&pool).await?;
        P::run(&pool, "INSERT INTO t VALUES (2)").await
    })
    .await;
}

async fn after_an_error_the_next_test_is_as_on_a_new_connection<P: Place>() {
    passes_after::<P, _>(|pool| async move {
        P::run(&pool, "INSERT INTO t VALUES (1)").await?;
        match P::run(&pool, "INSERT INTO t VALUES (1)").await {
            Ok(()) => Err("it was inserted twice".to_owned()),
            Err(_) => Ok(()),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_query_that_was_given_up_the_next_test_is_as_on_a_new_connection() {
    passes_after::<Postgres, _>(|pool| async move {
        Postgres::run(&pool, "INSERT INTO t VALUES (1)").await?;
        let slow = Postgres::run(&pool, "SELECT pg_sleep(0.3)");
        match tokio::time::timeout(Duration::from_millis(20), slow).await {
            Ok(ended) => ended,
            Err(_) => Ok(()),
        }
    })
    .await;
}
