//! A backend as a third party writes it, for a library and a database of its own, passes the suite.

#![expect(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod backend;
mod database;
mod pool;

use std::any::Any;
use std::time::Duration;

use smoke_conformance::backend::{Dialect, check};
use smoke_core::{
    Backend, Outcome, Registry, Runner, Sandbox, Selection, Test, TestFn, TestReport,
};
use smoke_rollback::Choices;

use backend::Rollback;
use database::Database;
use pool::Pool;

#[derive(Clone)]
struct InMemory(Database);

impl smoke_conformance::backend::Database for InMemory {
    type Pool = Pool;

    fn backend(&self) -> impl Backend<Pool = Pool> {
        rollback(&self.0)
    }

    fn unreachable(&self) -> impl Backend<Pool = Pool> {
        rollback(&Database::unreachable())
    }

    fn production(&self) -> Pool {
        Pool::new(self.0.clone(), 4, Duration::from_secs(5), ())
    }

    fn dialect(&self) -> Dialect {
        Dialect::Other
    }

    async fn connections(&self, production: &Pool) -> Result<i64, String> {
        Self::number(production, "SELECT COUNT(*) FROM connections").await
    }

    async fn execute(pool: &Pool, sql: &str) -> Result<(), String> {
        let mut connection = pool.get().await.map_err(|error| error.said)?;
        let done = connection.query(sql).await;
        done.map(drop).map_err(|error| error.said)
    }

    async fn transaction(pool: &Pool, sql: &str) -> Result<(), String> {
        let mut connection = pool.get().await.map_err(|error| error.said)?;
        let done = connection.transaction(sql).await;
        done.map_err(|error| error.said)
    }

    async fn number(pool: &Pool, sql: &str) -> Result<i64, String> {
        let mut connection = pool.get().await.map_err(|error| error.said)?;
        let rows = connection.query(sql).await.map_err(|error| error.said)?;
        rows[0].parse().map_err(|_| "no number".to_owned())
    }

    async fn hold(pool: &Pool) -> Result<Box<dyn Any + Send>, String> {
        let connection = pool.get().await.map_err(|error| error.said)?;
        Ok(Box::new(connection))
    }
}

fn rollback(database: &Database) -> Rollback {
    Rollback {
        database: database.clone(),
        choices: Choices::default(),
    }
}

/// Runs one test on a database with an empty table.
async fn run<Marker: 'static>(test: impl TestFn<Marker>) -> (TestReport, usize) {
    let database = Database::new();
    let mut production = database.connect().unwrap();
    production.query("CREATE TABLE notes (id)").await.unwrap();
    let registry = Registry::new()
        .rollback(rollback(&database))
        .test(Test::new("third_party::test", test));
    let mut report = Runner::new(registry).run(Selection::fast()).await;
    let rows = production
        .query("SELECT COUNT(*) FROM notes")
        .await
        .unwrap();
    (report.tests.remove(0), rows[0].parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_of_ones_own_conforms() {
    check(InMemory(Database::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_before_the_connection_was_lost_is_an_escape() {
    let body = async |Sandbox(pool): Sandbox<Pool>| -> smoke_core::Result {
        let mut connection = pool.get().await?;
        let number = connection
            .query("SELECT CONNECTION_NUMBER()")
            .await?
            .remove(0);
        let sql = format!("INSERT INTO notes VALUES (1); COMMIT; KILL {number}");
        connection.query(&sql).await?;
        Ok(())
    };
    let (test, rows) = run(body).await;
    assert_eq!((test.outcome, rows), (Outcome::Errored, 1));
    let said = test.message.unwrap();
    assert!(said.contains("DATA MAY HAVE BEEN COMMITTED"), "{said}");
    assert!(
        said.contains("the server says that it was committed"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_lost_before_a_commit_is_no_escape() {
    let body = async |Sandbox(pool): Sandbox<Pool>| -> smoke_core::Result {
        let mut connection = pool.get().await?;
        let number = connection
            .query("SELECT CONNECTION_NUMBER()")
            .await?
            .remove(0);
        let sql = format!("INSERT INTO notes VALUES (1); KILL {number}");
        connection.query(&sql).await?;
        Ok(())
    };
    let (test, rows) = run(body).await;
    assert_eq!((test.outcome, rows), (Outcome::Errored, 0));
    let said = test.message.unwrap();
    assert!(said.contains("the connection was ended"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_that_was_waited_for_in_vain_is_named() {
    let body = async |Sandbox(pool): Sandbox<Pool>| -> smoke_core::Result {
        let _first = pool.get().await?;
        pool.get().await?;
        Ok(())
    };
    let (test, _) = run(body).await;
    assert_eq!(test.outcome, Outcome::Errored);
    let said = test.message.unwrap();
    assert!(said.contains("a second connection was asked for"), "{said}");
}
