//! How many connections a run makes.

use smoke_core::{Backend, Registry};

use crate::place::{HELD, Place, in_every_place};
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run};

in_every_place! {
    a_hundred_tests_make_one_connection_and_leave_none,
    one_connection_a_test_makes_a_hundred_and_leaves_none,
}

/// How many connections a hundred tests have had.
async fn used<P: Place>(place: &P, backend: impl Backend<Pool = P::Pool>) -> usize {
    let seen = Seen::default();
    let registry = (0..100).fold(Registry::new(), |registry, at| {
        registry.test(as_on_a_new_one::<P>(&format!("t{at:02}"), &seen))
    });
    let report = run(registry.rollback(backend)).await;
    assert_passed_but(&report, &[]);
    assert_eq!(report.tests.len(), 100);
    let made = place.made().await;
    assert_eq!(made.unwrap_or(seen.count()), seen.count());
    assert_eq!(place.rows().await, 0);
    seen.count()
}

async fn a_hundred_tests_make_one_connection_and_leave_none<P: Place>() {
    let place = P::new().await;
    assert_eq!(used(&place, place.moving(HELD)).await, 1);
}

async fn one_connection_a_test_makes_a_hundred_and_leaves_none<P: Place>() {
    let place = P::new().await;
    assert_eq!(used(&place, place.one_a_test()).await, 100);
}
