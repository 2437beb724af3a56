//! What a test sets in its session.

use smoke_core::Registry;

use crate::place::postgres::Postgres;
use crate::place::sqlite::Sqlite;
use crate::place::{HELD, Place};
use crate::runs::{Seen, assert_passed_but, run, test};

/// What the second of two tests on one connection is answered, after the first has done that.
async fn finds<P: Place>(done: &'static [&'static str], asked: &'static str) -> String {
    let place = P::new().await;
    let (found, used) = (Seen::default(), Seen::default());
    let uses = used.clone();
    let does = test::<P, _>("a_does", move |pool| {
        let uses = uses.clone();
        async move {
            uses.add(P::ask(&pool, P::WHO).await?);
            for sql in done {
                P::run(&pool, sql).await?;
            }
            Ok(())
        }
    });
    let (finds, uses) = (found.clone(), used.clone());
    let looks = test::<P, _>("b_looks", move |pool| {
        let (finds, uses) = (finds.clone(), uses.clone());
        async move {
            uses.add(P::ask(&pool, P::WHO).await?);
            finds.add(match P::ask(&pool, asked).await {
                Ok(found) => found,
                Err(said) => said,
            });
            Ok(())
        }
    });
    let registry = Registry::new().rollback(place.moving(HELD));
    let report = run(registry.test(does).test(looks)).await;
    assert_passed_but(&report, &[]);
    assert_eq!(used.count(), 1);
    assert_eq!(place.rows().await, 0);
    found.last()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_path_is_not_found_by_the_next_test() {
    let found = finds::<Postgres>(&["SET search_path = pg_catalog"], "SHOW search_path").await;
    assert_eq!(found, "\"$user\", public");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_not_found_by_the_next_test() {
    let found = finds::<Postgres>(&["SET ROLE smoke"], "SHOW role").await;
    assert_eq!(found, "none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_not_found_by_the_next_test() {
    let asked = "SELECT count(*)::text FROM pg_listening_channels()";
    let found = finds::<Postgres>(&["LISTEN news"], asked).await;
    assert_eq!(found, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_table_is_not_found_by_the_next_test() {
    let done = &["CREATE TEMPORARY TABLE mine (x INTEGER)"];
    let asked = "SELECT (to_regclass('pg_temp.mine') IS NULL)::text";
    assert_eq!(finds::<Postgres>(done, asked).await, "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advisory_lock_is_not_found_by_the_next_test() {
    let done = &["SELECT pg_advisory_lock(7)", "SELECT pg_advisory_lock(7)"];
    let asked = "SELECT count(*)::text FROM pg_locks \
                 WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
    assert_eq!(finds::<Postgres>(done, asked).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_value_of_a_sequence_is_not_found_by_the_next_test() {
    let done = &["CREATE SEQUENCE numbers", "SELECT nextval('numbers')"];
    let found = finds::<Postgres>(done, "SELECT lastval()::text").await;
    assert!(found.contains("not yet defined"), "{found}");
}

/// The server keeps the name of a setting that it did not know, and rolls back what it is. In a pool
/// of production's it does the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_setting_of_the_applications_own_is_empty_in_the_next_test() {
    let done = &["SET shop.tenant = '7'"];
    let asked = "SELECT current_setting('shop.tenant', true)";
    assert_eq!(finds::<Postgres>(done, asked).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_table_of_sqlite_is_not_found_by_the_next_test() {
    let done = &["CREATE TEMPORARY TABLE mine (x INTEGER)"];
    let asked = "SELECT CAST(count(*) AS TEXT) FROM sqlite_temp_schema";
    assert_eq!(finds::<Sqlite>(done, asked).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_sqlite_are_not_found_by_the_next_test() {
    let asked = "SELECT CAST(count(*) AS TEXT) FROM t";
    assert_eq!(
        finds::<Sqlite>(&["INSERT INTO t VALUES (1)"], asked).await,
        "0"
    );
}
