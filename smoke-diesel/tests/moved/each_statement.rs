//! Connections that go by way of a relay.

use smoke_core::Registry;

use crate::place::Place;
use crate::place::postgres::Postgres;
use crate::runs::{Seen, assert_passed_but, run, test};

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_is_moved_with_its_connection() {
    let place = Postgres::new().await;
    let url = format!("{}?sslmode=disable", place.url());
    let rollback = smoke_diesel::deadpool::Rollback::postgres(url).savepoint_each_statement();
    let seen = Seen::default();
    let registry = (0..10).fold(Registry::new(), |registry, at| {
        let seen = seen.clone();
        registry.test(test::<Postgres, _>(&format!("t{at}"), move |pool| {
            let seen = seen.clone();
            async move {
                seen.add(Postgres::ask(&pool, Postgres::WHO).await?);
                let insert = "INSERT INTO t VALUES (1)";
                Postgres::run(&pool, insert).await?;
                let again = Postgres::run(&pool, insert).await;
                again.err().ok_or("it was inserted twice")?;
                // As in production, nothing but that statement has failed.
                Postgres::run(&pool, "INSERT INTO t VALUES (2)").await
            }
        }))
    });
    let report = run(registry.rollback(rollback)).await;
    assert_passed_but(&report, &[]);
    assert_eq!((seen.count(), place.made().await), (1, Some(1)));
    assert_eq!(place.rows().await, 0);
}
