//! Sandboxes that only read.

use smoke_core::Registry;

use crate::place::{Place, in_every_place};
use crate::runs::{Seen, assert_passed_but, run, test};

in_every_place! {
    a_connection_that_only_reads_is_moved_and_goes_on_to_only_read,
}

async fn a_connection_that_only_reads_is_moved_and_goes_on_to_only_read<P: Place>() {
    let place = P::new().await;
    let seen = Seen::default();
    let reads = |name: &'static str| {
        let seen = seen.clone();
        test::<P, _>(name, move |pool| {
            let seen = seen.clone();
            async move {
                seen.add(P::ask(&pool, P::WHO).await?);
                P::ask(&pool, "SELECT CAST(count(*) AS TEXT) FROM t").await?;
                if name != "the_last" {
                    return Ok(());
                }
                match P::roll_back(&pool, "INSERT INTO t VALUES (1)").await {
                    Err(error) if error.contains("read") => Ok(()),
                    written => Err(format!("{written:?}")),
                }
            }
        })
    };
    let tests = ["a", "b", "the_last"].map(reads).into_iter();
    let registry = tests.fold(Registry::new(), Registry::test);
    let registry = registry.rollback(place.reading());
    assert_passed_but(&run(registry).await, &[]);
    assert_eq!(seen.count(), 1);
    assert_eq!(place.rows().await, 0);
}
