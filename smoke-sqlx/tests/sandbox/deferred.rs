//! Deferred constraints, which only some databases have.

use smoke_core::RollbackVerdict;

use crate::subject::{Sandbox, Subject, on_subjects};

on_subjects! {
    [on_sqlite: sqlx::Sqlite, on_postgres: sqlx::Postgres]
    a_deferred_constraint_that_does_not_hold_is_refused,
    a_deferred_constraint_that_holds_in_the_end_is_fine,
}

const TABLES: &str = "CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)";

async fn a_deferred_constraint_that_does_not_hold_is_refused<S: Subject>() {
    for tolerated in [false, true] {
        let sandbox = Sandbox::<S>::open().await;
        sandbox.run(TABLES).await.unwrap();
        sandbox.run("INSERT INTO child VALUES (1)").await.unwrap();
        if tolerated {
            sandbox.run("nonsense").await.unwrap_err();
        }
        let verdict = sandbox.finish().await;
        let RollbackVerdict::Refused { cause } = verdict else {
            panic!("{verdict:?}");
        };
        assert!(cause.to_lowercase().contains("foreign key"), "{cause}");
    }
}

async fn a_deferred_constraint_that_holds_in_the_end_is_fine<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run(TABLES).await.unwrap();
    sandbox.run("INSERT INTO child VALUES (1)").await.unwrap();
    sandbox.run("INSERT INTO parent VALUES (1)").await.unwrap();
    assert_eq!(sandbox.finish().await, RollbackVerdict::RolledBack);
}
