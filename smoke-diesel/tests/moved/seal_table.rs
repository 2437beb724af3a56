//! A table of the application's own that refuses commits.

use std::sync::Arc;

use smoke_core::{Registry, Test};

use crate::place::Place;
use crate::place::postgres::Postgres;
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run, said, test};

/// The migration that the documentation asks for.
const MIGRATION: &str = "CREATE TABLE smoke_seal \
    (twice integer CONSTRAINT smoke_refuses_to_commit UNIQUE DEFERRABLE INITIALLY DEFERRED)";

async fn migrated() -> Postgres {
    let place = Postgres::new().await;
    place.execute(MIGRATION).await;
    place
}

fn sealed(place: &Postgres, table: &str) -> Registry {
    Registry::new().rollback(place.rollback().seal_table(table))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_refused_by_the_table_of_the_application() {
    let place = migrated().await;
    let refused = Seen::default();
    let tells = refused.clone();
    let commits = test::<Postgres, _>("a_commits", move |pool| {
        let tells = tells.clone();
        async move {
            Postgres::run(&pool, "INSERT INTO t VALUES (1)").await?;
            let committed = Postgres::run(&pool, "COMMIT").await;
            tells.add(committed.err().ok_or("it was committed")?);
            Ok(())
        }
    });
    let after = as_on_a_new_one::<Postgres>("b", &Seen::default());
    let report = run(sealed(&place, "smoke_seal").test(commits).test(after)).await;
    assert_passed_but(&report, &["a_commits"]);
    let refused = refused.last();
    assert!(refused.contains("smoke_refuses_to_commit"), "{refused}");
    let said = said(&report, "a_commits").unwrap();
    assert!(said.contains("its COMMIT was refused"), "{said}");
    assert_eq!(place.rows().await, 0);
    assert_eq!(
        place.first("SELECT count(*)::text FROM smoke_seal").await,
        "0"
    );
}

/// How many rows were written to the catalog of the database so far: without what autovacuum finds out,
/// and what all databases share, to which other tests write.
async fn catalog_rows(place: &Postgres) -> i64 {
    place.made().await;
    let sum = "SELECT sum(n_tup_ins)::text FROM pg_stat_sys_tables JOIN pg_class ON relid = oid \
               WHERE NOT relisshared AND pg_stat_sys_tables.relname <> 'pg_statistic'";
    place.first(sum).await.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_tests_with_the_table_of_the_application_write_nothing_to_the_catalog() {
    let place = migrated().await;
    let ten = |table: Option<&str>| {
        let rollback = match table {
            Some(table) => place.rollback().seal_table(table),
            None => place.rollback(),
        };
        (0..10).fold(Registry::new().rollback(rollback), |registry, at| {
            let seen = Seen::default();
            registry.test(as_on_a_new_one::<Postgres>(&format!("t{at}"), &seen))
        })
    };
    let before = catalog_rows(&place).await;
    assert_passed_but(&run(ten(Some("public.smoke_seal"))).await, &[]);
    let with_it = catalog_rows(&place).await;
    assert_eq!(with_it, before);
    // Without one each connection makes a table.
    assert_passed_but(&run(ten(None)).await, &[]);
    assert!(catalog_rows(&place).await > with_it);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_there_is_named() {
    let place = migrated().await;
    let registry =
        sealed(&place, "no_seal").test(as_on_a_new_one::<Postgres>("a", &Seen::default()));
    let said = said(&run(registry).await, "a").unwrap();
    assert!(
        said.contains("relation \\\"no_seal\\\" does not exist"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_name_of_a_table_is_refused() {
    let place = migrated().await;
    let name = "smoke_seal; DROP TABLE t";
    let registry = sealed(&place, name).test(as_on_a_new_one::<Postgres>("a", &Seen::default()));
    let said = said(&run(registry).await, "a").unwrap();
    assert!(said.contains("is a plain identifier"), "{said}");
    assert_eq!(place.rows().await, 0);
}

/// A transaction that cannot be sealed is none in which a test runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_goes_between_two_tests_errors_the_next_until_it_is_back() {
    let place = Arc::new(migrated().await);
    let seen = Seen::default();
    let between = |name: &str, sql: &'static str| {
        let place = Arc::clone(&place);
        Test::new(name.to_owned(), move || {
            let place = Arc::clone(&place);
            async move { place.execute(sql).await }
        })
    };
    let registry = sealed(&place, "smoke_seal")
        .test(as_on_a_new_one::<Postgres>("a", &seen))
        .test(between("b_drops", "DROP TABLE smoke_seal"))
        .test(as_on_a_new_one::<Postgres>("c_has_none", &seen))
        .test(between("d_makes", MIGRATION))
        .test(as_on_a_new_one::<Postgres>("e", &seen));
    let report = run(registry).await;
    assert_passed_but(&report, &["c_has_none"]);
    let said = said(&report, "c_has_none").unwrap();
    assert!(said.contains("smoke_seal\\\" does not exist"), "{said}");
    assert_eq!(seen.count(), 2);
    assert_eq!(place.rows().await, 0);
}
