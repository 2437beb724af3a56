//! `Migrations`.

use smoke_checks::Migrations;
use smoke_core::{Outcome, TestReport};
use smoke_testing::PATIENCE;
use sqlx::{MySql, Postgres, Sqlite};

use crate::libraries::{Library, Sqlx, everywhere};
use crate::servers::{Database, Server};
use crate::support::{run, said};

everywhere! {
    a_build_passes_once_its_migrations_are_applied = pending;
}

async fn pending<L: Library<S>, S: Server>() {
    let database: Database<S> = S::new().await;
    let pool = L::pool(&database.url, 2).await;
    let build = async |migrations| {
        let build = L::build(migrations).await;
        run(Migrations::of(&pool, &build).within(PATIENCE)).await
    };

    let test = build(2).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    assert_eq!(test.name, "checks::migrations");
    assert!(said(&test).contains("there is no table"), "{test:?}");
    // It was not made.
    assert!(said(&build(2).await).contains("there is no table"));

    L::migrate(&database.url, 1).await;
    let test = build(2).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    assert!(said(&test).contains("orders is pending: apply"), "{test:?}");
    assert!(!said(&test).contains("users"), "{test:?}");
    assert_eq!(build(1).await.outcome, Outcome::Passed);

    L::migrate(&database.url, 2).await;
    assert_eq!(build(2).await.outcome, Outcome::Passed);
    // A newer build has migrated already.
    assert_eq!(build(1).await.outcome, Outcome::Passed);

    let test = build(0).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
    assert!(
        said(&test).contains("this build has no migrations"),
        "{test:?}"
    );
}

/// sqlx notes what a migration was, and whether it came to its end.
async fn changed<S: Server>(change: &str, words: &str)
where
    Sqlx: Library<S>,
{
    let database: Database<S> = S::new().await;
    Sqlx::migrate(&database.url, 2).await;
    database.run(change).await;
    let pool = Sqlx::pool(&database.url, 1).await;
    let test: TestReport = run(Migrations::of(&pool, &Sqlx::build(2).await).within(PATIENCE)).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    assert!(said(&test).contains(words), "{test:?}");
    assert!(!said(&test).contains("users"), "{test:?}");
}

#[tokio::test]
async fn a_migration_that_was_applied_with_another_content_fails() {
    let words = "migration 2 orders was applied with another content";
    let change =
        |value: &str| format!("UPDATE _sqlx_migrations SET checksum = {value} WHERE version = 2");
    changed::<Postgres>(&change("'\\x00'"), words).await;
    changed::<MySql>(&change("x'00'"), words).await;
    changed::<Sqlite>(&change("x'00'"), words).await;
}

#[tokio::test]
async fn a_migration_that_failed_half_way_fails() {
    let words = "migration 2 orders has failed half-way";
    let change = "UPDATE _sqlx_migrations SET success = FALSE WHERE version = 2";
    changed::<Postgres>(change, words).await;
    changed::<MySql>(change, words).await;
    changed::<Sqlite>(change, words).await;
}

#[tokio::test]
async fn a_table_of_another_name_is_looked_into() {
    let database: Database<Sqlite> = Sqlite::new().await;
    <Sqlx as Library<Sqlite>>::migrate(&database.url, 1).await;
    database
        .run("ALTER TABLE _sqlx_migrations RENAME TO shop_migrations")
        .await;
    let pool = <Sqlx as Library<Sqlite>>::pool(&database.url, 1).await;
    let build = <Sqlx as Library<Sqlite>>::build(1).await;
    let test = run(Migrations::of(&pool, &build).within(PATIENCE)).await;
    assert!(
        said(&test).contains("there is no table _sqlx_migrations"),
        "{test:?}"
    );
    let named = Migrations::of(&pool, &build).table("shop_migrations");
    let test = run(named.within(PATIENCE)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
}
