//! A kept connection that somebody ends before the next test has it.

use std::sync::Arc;

use smoke_core::{Registry, Test};

use crate::place::{HELD, Place, in_every_place};
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run};

in_every_place! {
    a_kept_connection_that_was_ended_costs_the_next_test_a_new_one,
}

async fn a_kept_connection_that_was_ended_costs_the_next_test_a_new_one<P: Place>() {
    let place = Arc::new(P::new().await);
    let seen = Seen::default();
    let (ended, ends) = (seen.clone(), Arc::clone(&place));
    let between = Test::new("b_ends_it", move || {
        let (ended, ends) = (ended.clone(), Arc::clone(&ends));
        async move { ends.end(&ended.last()).await }
    });
    let registry = Registry::new()
        .rollback(place.moving(HELD))
        .test(as_on_a_new_one::<P>("a", &seen))
        .test(between)
        .test(as_on_a_new_one::<P>("c", &seen))
        .test(as_on_a_new_one::<P>("d", &seen));
    let report = run(registry).await;
    assert_passed_but(&report, &[]);
    assert_eq!(seen.count(), 2);
    if let Some(made) = place.made().await {
        assert_eq!(made, 2);
    }
    assert_eq!(place.rows().await, 0);
}
