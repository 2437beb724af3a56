//! How many connections a run makes.

use smoke_core::Registry;
use smoke_sqlx::Rollback;
use sqlx::Sqlite;

use crate::place::Place;
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run};

/// How many connections a hundred tests have had.
async fn used(place: &Place, rollback: Rollback<Sqlite>) -> usize {
    let seen = Seen::default();
    let registry = (0..100).fold(Registry::new(), |registry, at| {
        registry.test(as_on_a_new_one(&format!("t{at:02}"), &seen))
    });
    let report = run(registry.rollback(rollback)).await;
    assert_passed_but(&report, &[]);
    assert_eq!(report.tests.len(), 100);
    place.until_none_is_left().await;
    assert_eq!(place.rows().await, 0);
    seen.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_tests_make_one_connection_and_leave_none() {
    let place = Place::new().await;
    assert_eq!(used(&place, place.moving()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_a_test_makes_a_hundred_and_leaves_none() {
    let place = Place::new().await;
    let rollback = place.moving().one_connection_a_test();
    assert_eq!(used(&place, rollback).await, 100);
}
