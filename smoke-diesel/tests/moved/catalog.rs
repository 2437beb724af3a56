//! What a run writes to the catalog of a database: nothing.

use smoke_core::Registry;

use crate::place::Place;
use crate::place::postgres::Postgres;
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run};

/// How many rows were written to the catalog of the database so far: without what autovacuum finds out,
/// and what all databases share, to which other tests write.
async fn catalog_rows(place: &Postgres) -> i64 {
    place.made().await;
    let sum = "SELECT sum(n_tup_ins)::text FROM pg_stat_sys_tables JOIN pg_class ON relid = oid \
               WHERE NOT relisshared AND pg_stat_sys_tables.relname <> 'pg_statistic'";
    place.first(sum).await.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_tests_write_nothing_to_the_catalog_on_however_many_connections() {
    let place = Postgres::new().await;
    let ten = |rollback| {
        (0..10).fold(Registry::new().rollback(rollback), |registry, at| {
            let seen = Seen::default();
            registry.test(as_on_a_new_one::<Postgres>(&format!("t{at}"), &seen))
        })
    };
    let before = catalog_rows(&place).await;
    assert_passed_but(&run(ten(place.rollback())).await, &[]);
    assert_passed_but(
        &run(ten(place.rollback().one_connection_a_test())).await,
        &[],
    );
    assert_eq!(catalog_rows(&place).await, before);
    // It is seen where something is written.
    place.execute("CREATE TABLE u (x integer)").await;
    assert!(catalog_rows(&place).await > before);
}
