//! A kept connection that is of no use any more when the next test has it.

use smoke_core::{Registry, Test};

use crate::place::{PATIENCE, Place};
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_that_was_ended_costs_the_next_test_a_new_one() {
    let place = Place::new().await;
    let seen = Seen::default();
    let ended = seen.clone();
    let between = Test::new("b_ends_it", move || {
        let kept = smoke_sqlite::find(ended.last()).unwrap();
        assert_eq!(kept.cut(PATIENCE), smoke_sqlite::Cut::RolledBack);
    });
    let registry = Registry::new()
        .rollback(place.moving())
        .test(as_on_a_new_one("a", &seen))
        .test(between)
        .test(as_on_a_new_one("c", &seen))
        .test(as_on_a_new_one("d", &seen));
    assert_passed_but(&run(registry).await, &[]);
    assert_eq!(seen.count(), 2);
    place.until_none_is_left().await;
    assert_eq!(place.rows().await, 0);
}
