//! What a test makes for its session.

use smoke_core::Registry;

use crate::place::{Place, ask, run as run_sql};
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run, test};

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_table_is_not_found_by_the_next_test() {
    let place = Place::new().await;
    let makes = test("a_makes", async |pool| {
        run_sql(&pool, "CREATE TEMPORARY TABLE mine (x INTEGER)").await?;
        run_sql(&pool, "INSERT INTO mine VALUES (1)").await
    });
    let looks = test("b_looks", async |pool| {
        let found = ask(&pool, "SELECT count(*) FROM sqlite_temp_schema").await?;
        (found == 0).then_some(()).ok_or(found.to_string())
    });
    let seen = Seen::default();
    let registry = Registry::new()
        .rollback(place.moving())
        .test(as_on_a_new_one("a", &seen))
        .test(makes)
        .test(looks)
        .test(as_on_a_new_one("c", &seen));
    assert_passed_but(&run(registry).await, &[]);
    assert_eq!(seen.count(), 1);
}
