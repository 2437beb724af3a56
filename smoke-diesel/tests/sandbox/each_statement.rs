//! A savepoint for each statement: get-or-create works as it does in production.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use smoke_core::{Backend, Opened, RollbackVerdict};

use crate::subject::libpq::Libpq;
use crate::subject::postgres::{OnPostgres, Postgres, url};
use crate::subject::{Held, Subject, on_postgres, open};
use crate::version::work;

diesel::table! {
    t (x) {
        x -> Integer,
    }
}

fn plain() -> String {
    format!("{}?sslmode=disable", url())
}

/// A subject that can be asked for savepoints.
trait Kept: OnPostgres {
    fn kept(&self, url: String) -> impl Backend<Pool = Self::Pool>;
}

impl Kept for Libpq {
    fn kept(&self, url: String) -> impl Backend<Pool = Self::Pool> {
        self.rollback_at(url).savepoint_each_statement()
    }
}

impl Kept for Postgres {
    fn kept(&self, url: String) -> impl Backend<Pool = Self::Pool> {
        self.rollback_at(url).savepoint_each_statement()
    }
}

async fn an_error_on_a_connection_that_is_kept_undoes_its_statement_only<S: Kept>() {
    let subject = S::new().await;
    let Opened { pool, session } = open(&subject.kept(plain())).await.unwrap();
    session.enter().await.unwrap();
    let mut held: Held = S::hold(&pool).await;
    let mut run = async |sql| S::run_on(&mut held, sql).await;
    run("INSERT INTO t VALUES (1)").await.unwrap();
    for _ in 0..3 {
        run("INSERT INTO t VALUES (1)").await.unwrap_err();
        // As one transaction: the server undoes all of a query.
        run("INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)")
            .await
            .unwrap_err();
        run("SELECT 1 / (SELECT (count(*) = 1)::integer FROM t)")
            .await
            .unwrap();
    }
    run("INSERT INTO t VALUES (2)").await.unwrap();
    // In a transaction of its own an error aborts what follows, as in production.
    run("SAVEPOINT the_applications").await.unwrap();
    run("INSERT INTO t VALUES (1)").await.unwrap_err();
    let aborted = run("SELECT 1").await.unwrap_err();
    assert!(aborted.contains("aborted"), "{aborted}");
    // As a library says ROLLBACK here.
    run("ROLLBACK TO SAVEPOINT the_applications").await.unwrap();
    run("INSERT INTO t VALUES (1)").await.unwrap_err();
    run("INSERT INTO t VALUES (3)").await.unwrap();
    drop(held);
    session.leave().await.unwrap();
    drop(pool);
    assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
    assert_eq!(subject.rows().await, 0);
}

async fn what_commits_is_refused_as_ever<S: Kept>() {
    let subject = S::new().await;
    let Opened { pool, session } = open(&subject.kept(plain())).await.unwrap();
    session.enter().await.unwrap();
    S::run(&pool, "INSERT INTO t VALUES (1)").await.unwrap();
    let refused = S::run(&pool, "COMMIT").await.unwrap_err();
    assert!(refused.contains("smoke"), "{refused}");
    let left = session.leave().await.unwrap_err();
    assert!(matches!(left, RollbackVerdict::Escaped { .. }), "{left:?}");
    drop(pool);
    session.finish().await;
    assert_eq!(subject.rows().await, 0);
}

async fn what_cannot_be_done_is_said<S: Kept>() {
    let subject = S::new().await;
    let said = async |url: &str| {
        let error = open(&subject.kept(url.to_owned())).await.err().unwrap();
        format!("{error:#}")
    };
    let encrypted = said("postgres://app:secret@db/shop").await;
    assert!(encrypted.contains("sslmode=disable"), "{encrypted}");
    let no_url = said("host=db user=app password=secret").await;
    assert!(no_url.contains("is no URL"), "{no_url}");
    let nobody = said("postgres://app:secret@127.0.0.1:1/shop?sslmode=disable").await;
    assert!(nobody.contains("cannot be reached"), "{nobody}");
    for said in [encrypted, no_url, nobody] {
        assert!(!said.contains("secret"), "{said}");
    }
}

on_postgres! {
    an_error_on_a_connection_that_is_kept_undoes_its_statement_only,
    what_commits_is_refused_as_ever,
    what_cannot_be_done_is_said,
}

fn is_duplicate(error: &Error) -> bool {
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}

/// Get or create with prepared statements, as applications do it, and pipelined.
#[tokio::test(flavor = "multi_thread")]
async fn prepared_statements_are_kept_in_diesel_async() {
    let subject = Postgres::new().await;
    let Opened { pool, session } = open(&subject.kept(plain())).await.unwrap();
    let mut held = pool.get().await.unwrap();
    let insert = |x: i32| diesel::insert_into(t::table).values(t::x.eq(x));
    for _ in 0..2 {
        let _ = insert(1).execute(&mut held).await;
        let error = insert(1).execute(&mut held).await.unwrap_err();
        assert!(is_duplicate(&error), "{error}");
        let found: Vec<i32> = t::table.select(t::x).load(&mut held).await.unwrap();
        assert_eq!(found, [1]);
    }
    // Sent at once, without waiting for each other.
    let (one, two, three) = {
        let (one, two, three) = (
            insert(1).execute(&mut &*held),
            insert(2).execute(&mut &*held),
            sql::<BigInt>("SELECT count(*) FROM t").get_result::<i64>(&mut &*held),
        );
        futures_util::join!(one, two, three)
    };
    assert!(is_duplicate(&one.unwrap_err()));
    two.unwrap();
    assert_eq!(three.unwrap(), 2);
    // In a transaction of its own it is as in production.
    let aborted = held.transaction(work!(|connection| {
        insert(1).execute(connection).await.unwrap_err();
        connection.batch_execute("SELECT 1").await
    }));
    let aborted = aborted.await.unwrap_err().to_string();
    assert!(aborted.contains("aborted"), "{aborted}");
    insert(3).execute(&mut held).await.unwrap();
    drop(held);
    drop(pool);
    assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
    assert_eq!(subject.rows().await, 0);
}

#[test]
fn prepared_statements_are_kept_in_diesel() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let subject = runtime.block_on(Libpq::new());
    let opened = runtime.block_on(open(&subject.kept(plain())));
    let Opened { pool, session } = opened.unwrap();
    let mut held = pool.get().unwrap();
    let connection: &mut PgConnection = &mut held;
    for _ in 0..2 {
        let insert = |x: i32| diesel::insert_into(t::table).values(t::x.eq(x));
        let _ = diesel::RunQueryDsl::execute(insert(1), connection);
        let error = diesel::RunQueryDsl::execute(insert(1), connection).unwrap_err();
        assert!(is_duplicate(&error), "{error}");
        let found: Vec<i32> = diesel::RunQueryDsl::load(t::table.select(t::x), connection).unwrap();
        assert_eq!(found, [1]);
    }
    drop(held);
    drop(pool);
    let verdict = runtime.block_on(session.finish());
    assert_eq!(verdict, RollbackVerdict::RolledBack);
    assert_eq!(runtime.block_on(subject.rows()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_connects_as_it_likes_cannot_have_any() {
    let subject = Postgres::new().await;
    let error = open(&subject.rollback().savepoint_each_statement()).await;
    let error = format!("{:#}", error.err().unwrap());
    assert!(error.contains("with_manager"), "{error}");
}

/// What an answer is made of may be long, and a statement too.
#[tokio::test(flavor = "multi_thread")]
async fn long_statements_and_answers_pass() {
    let subject = Postgres::new().await;
    let Opened { pool, session } = open(&subject.kept(plain())).await.unwrap();
    let mut held = pool.get().await.unwrap();
    let long = "x".repeat(3 << 20);
    let echo = diesel::select((&long).into_sql::<Text>());
    let echoed: String = echo.get_result(&mut held).await.unwrap();
    assert_eq!(echoed.len(), long.len());
    let rows: Vec<i32> = sql::<Integer>("SELECT generate_series(1, 300000)")
        .load(&mut held)
        .await
        .unwrap();
    assert_eq!(rows.len(), 300_000);
    drop(held);
    drop(pool);
    assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
}
