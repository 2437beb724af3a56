//! `Commit`.

use std::time::Duration;

use smoke_checks::Commit;
use smoke_conformance::eventually;
use smoke_core::{Outcome, Registry, Runner, Selection, Test};
use smoke_testing::PATIENCE;
use sqlx::{MySql, Postgres, Sqlite, query_scalar, raw_sql};
use tokio::sync::Mutex;

use crate::libraries::{Bb8, Deadpool, DeadpoolDiesel, Library, R2d2, Sqlx, everywhere};
use crate::servers::{Database, Server};
use crate::support::{run, said};

everywhere! {
    a_commit_leaves_one_row_however_often_it_is_made = committed;
    a_database_that_commits_no_more_fails = refused;
}

async fn committed<L: Library<S>, S: Server>() {
    let database: Database<S> = S::new().await;
    let pool = L::pool(&database.url, 2).await;
    let check = |instance: &str| Commit::of(&pool).instance(instance).within(PATIENCE);

    let test = run(check("one")).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    assert!(
        said(&test).contains("the row in smoke_commit could not be written"),
        "{test:?}"
    );
    assert!(said(&test).contains("made by the migration"), "{test:?}");

    database.run(S::COMMIT_TABLE).await;
    // Who asks for the fast tests has it write nothing.
    let test = Test::from(check("nobody"));
    assert!(test.is_on_request() && test.summary().unwrap().contains("COMMITS"));
    let report = Runner::new(Registry::new().test(test))
        .run(Selection::fast())
        .await;
    assert!(report.tests.is_empty(), "{report:?}");
    assert_eq!(
        database.number("SELECT count(*) FROM smoke_commit").await,
        0
    );

    for instance in ["one", "two", "two", "it's"] {
        let test = run(check(instance)).await;
        assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
        let ours = instance.replace('\'', "-");
        let count =
            format!("SELECT count(*) FROM smoke_commit WHERE id = 1 AND instance = '{ours}'");
        assert_eq!(database.number(&count).await, 1, "{instance}");
    }
    assert_eq!(
        database.number("SELECT count(*) FROM smoke_commit").await,
        1
    );
}

async fn refused<L: Library<S>, S: Server>() {
    let database: Database<S> = S::new().await;
    database.run(S::COMMIT_TABLE).await;
    let url = S::refuse(&database).await;
    let pool = L::pool(&url, 1).await;
    // The second one has the connection of the first.
    for _ in 0..2 {
        let test = run(Commit::of(&pool).within(PATIENCE)).await;
        assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
        assert!(said(&test).contains(S::REFUSAL), "{test:?}");
        assert_eq!(
            said(&test).contains("the COMMIT failed"),
            S::AT_COMMIT,
            "{test:?}"
        );
    }
    assert_eq!(
        database.number("SELECT count(*) FROM smoke_commit").await,
        0
    );
}

async fn waits<L: Library<Postgres>>() {
    let database: Database<Postgres> = Postgres::new().await;
    database.run(Postgres::COMMIT_TABLE).await;
    let pool = L::pool(&database.url, 1).await;
    let lock = database.lock("smoke_commit").await;
    let words = "the database did not answer on it within 100ms";
    let check = || Commit::of(&pool).within(Duration::from_millis(100));
    // On a busy machine the first ones end before the pool has connected.
    let test = eventually(
        PATIENCE,
        async || run(check()).await,
        |test| said(test).contains(words),
    );
    let test = test.await.unwrap();
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    lock.rollback().await.unwrap();
    // What was given up is not committed, and its connection is back or replaced.
    let count = "SELECT count(*) FROM smoke_commit";
    assert_eq!(database.number(count).await, 0);
    let test = run(Commit::of(&pool).within(PATIENCE)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(database.number(count).await, 1);
}

const MAKE_ROW: &str = "INSERT INTO smoke_commit VALUES (1, 'other', CURRENT_TIMESTAMP)";
const OURS: &str = "SELECT count(*) FROM smoke_commit WHERE instance = 'ours'";

/// The check waits for whether the row of another replica stays, and then there is a duplicate key.
async fn meets_a_row<L: Library<Postgres>>() {
    let database: Database<Postgres> = Postgres::new().await;
    database.run(Postgres::COMMIT_TABLE).await;
    let pool = L::pool(&database.url, 1).await;
    let mut other = database.begin().await;
    raw_sql(MAKE_ROW).execute(&mut *other).await.unwrap();
    let check = Commit::of(&pool).instance("ours").within(PATIENCE);
    let check = tokio::spawn(run(check));
    let other = Mutex::new(other);
    let waiting = async || {
        let count = "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)) AND NOT granted";
        let count = query_scalar::<_, i64>(count);
        count.fetch_one(&mut **other.lock().await).await.unwrap()
    };
    eventually(PATIENCE, waiting, |waiting| *waiting > 0)
        .await
        .unwrap();
    other.into_inner().commit().await.unwrap();
    let test = check.await.unwrap();
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(database.number(OURS).await, 1);
}

/// The check and another replica keep each other from making the row: a deadlock, which ends who has done less.
async fn meets_a_deadlock<L: Library<MySql>>() {
    let database: Database<MySql> = MySql::new().await;
    database.run(MySql::COMMIT_TABLE).await;
    database.run("CREATE TABLE much (work integer)").await;
    let pool = L::pool(&database.url, 1).await;
    let mut other = database.begin().await;
    for did in [
        "INSERT INTO much SELECT seq FROM seq_1_to_100",
        "SELECT * FROM smoke_commit WHERE id = 1 FOR UPDATE",
    ] {
        raw_sql(did).execute(&mut *other).await.unwrap();
    }
    let check = Commit::of(&pool).instance("ours").within(PATIENCE);
    let check = tokio::spawn(run(check));
    let other = Mutex::new(other);
    let waiting = async || {
        // What InnoDB says of its locks is not refreshed for whoever asks often.
        let count = "SELECT count(*) FROM information_schema.processlist \
                     WHERE db = DATABASE() AND info LIKE 'INSERT INTO smoke_commit %'";
        let count = query_scalar::<_, i64>(count);
        count.fetch_one(&mut **other.lock().await).await.unwrap()
    };
    eventually(PATIENCE, waiting, |waiting| *waiting > 0)
        .await
        .unwrap();
    let mut other = other.into_inner();
    raw_sql(MAKE_ROW).execute(&mut *other).await.unwrap();
    other.commit().await.unwrap();
    let test = check.await.unwrap();
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(database.number(OURS).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_first_rows_of_two_replicas_at_once_are_no_failure_on_postgres() {
    meets_a_row::<Sqlx>().await;
    meets_a_row::<R2d2>().await;
    meets_a_row::<Deadpool>().await;
    meets_a_row::<DeadpoolDiesel>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_first_rows_of_two_replicas_at_once_are_no_failure_on_mariadb() {
    meets_a_deadlock::<Sqlx>().await;
    meets_a_deadlock::<R2d2>().await;
    meets_a_deadlock::<Deadpool>().await;
    meets_a_deadlock::<DeadpoolDiesel>().await;
}

/// One writes after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn two_replicas_at_once_wait_for_each_other_on_sqlite() {
    let database: Database<Sqlite> = Sqlite::new().await;
    database.run(Sqlite::COMMIT_TABLE).await;
    let pool = <Sqlx as Library<Sqlite>>::pool(&database.url, 2).await;
    let check = |instance| run(Commit::of(&pool).instance(instance).within(PATIENCE));
    let (one, two) = tokio::join!(check("one"), check("two"));
    assert_eq!(one.outcome, Outcome::Passed, "{one:?}");
    assert_eq!(two.outcome, Outcome::Passed, "{two:?}");
    let count = "SELECT count(*) FROM smoke_commit";
    assert_eq!(database.number(count).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_commit_that_takes_too_long_fails_and_leaves_nothing() {
    waits::<Sqlx>().await;
    waits::<Deadpool>().await;
    waits::<Bb8>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn without_a_connection_nothing_is_said_of_the_commit() {
    let database: Database<Sqlite> = Sqlite::new().await;
    let pool = <Sqlx as Library<Sqlite>>::pool(&database.url, 1).await;
    let _kept = pool.acquire().await.unwrap();
    let test = run(Commit::of(&pool).within(Duration::from_millis(20))).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
    assert!(
        said(&test).contains("the pool gave no connection"),
        "{test:?}"
    );
}
