//! Why a test did not pass, where it was the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use smoke_conformance::eventually;
use smoke_core::{
    Backend, Outcome, Registry, Report, Result, Runner, Sandbox, Selection, Test, TestReport,
};

use smoke_diesel::bb8::Rollback;

use crate::subject::mariadb::{Mariadb, number};
use crate::subject::postgres::OnPostgres;
use crate::subject::{PATIENCE, Subject, on_postgres, on_subjects_that_defer};

on_subjects_that_defer! {
    a_second_connection_at_once_is_a_limit_of_the_sandbox,
}

fn only(report: &Report) -> &TestReport {
    assert_eq!(report.tests.len(), 1, "{report:?}");
    &report.tests[0]
}

pub(crate) fn assert_errored(report: &Report, message: &str) {
    let test = only(report);
    assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
    let said = test.message.as_deref().unwrap();
    assert!(said.contains(message), "{test:?}");
}

pub(crate) async fn run(runner: &Runner) -> Report {
    runner.run(Selection::fast()).await
}

pub(crate) fn runner<B: Backend>(backend: B, test: Test) -> Runner {
    Runner::new(Registry::new().rollback(backend).test(test))
}

async fn a_second_connection_at_once_is_a_limit_of_the_sandbox<S: Subject>()
where
    S::Pool: Typed,
{
    async fn takes_two<P: Typed>(Sandbox(pool): Sandbox<P>) -> Result {
        pool.take_two().await
    }
    let subject = S::new().await;
    let runner = runner(subject.backend(), Test::new("a", takes_two::<S::Pool>));
    let report = run(&runner).await;
    assert_errored(&report, "limit of the sandbox: a second connection");
}

/// A pool whose errors have a type of their own.
pub(crate) trait Typed: Clone + Send + Sync + 'static {
    fn take_two(&self) -> impl Future<Output = Result> + Send;
}

impl<M: diesel::r2d2::ManageConnection> Typed for diesel::r2d2::Pool<M> {
    async fn take_two(&self) -> Result {
        let pool = self.clone();
        let taking = tokio::task::spawn_blocking(move || {
            let _first = pool.get()?;
            pool.get().map(drop)
        });
        // As a handler does, of whose error the test hears nothing.
        match taking.await? {
            Ok(()) => Ok(()),
            Err(_) => Err("500".into()),
        }
    }
}

impl Typed for crate::subject::postgres::Pool {
    async fn take_two(&self) -> Result {
        let _first = self.get().await?;
        let _second = self.get().await?;
        Ok(())
    }
}

/// What a handler answers, of whose error the test hears nothing.
async fn handle<S: Subject>(pool: &S::Pool, sql: &str) -> Result {
    S::run(pool, sql).await.map_err(|_| "500".into())
}

/// A test that sends these statements, one after the other; how often it was begun is counted.
fn sends<S: Subject>(statements: &'static [&'static str]) -> (Test, Tries) {
    let tries = Tries::default();
    let counted = Arc::clone(&tries);
    let body = move |Sandbox(pool): Sandbox<S::Pool>| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            let mut sent = Ok(());
            for sql in statements {
                sent = handle::<S>(&pool, sql).await;
            }
            sent
        }
    };
    (Test::new("a", body), tries)
}

type Tries = Arc<AtomicUsize>;

on_postgres! {
    a_lock_is_contention_and_tried_once_more,
    going_on_after_an_error_is_a_limit_of_the_sandbox,
    an_error_that_was_tolerated_explains_nothing,
}

async fn a_lock_is_contention_and_tried_once_more<S: OnPostgres>() {
    let subject = S::new().await;
    let mut production = subject.postgres().connect().await;
    let lock = production.batch_execute("BEGIN; LOCK TABLE t");
    lock.await.unwrap();
    let (test, tries) = sends::<S>(&["INSERT INTO t VALUES (1)"]);
    let runner = runner(subject.backend(), test);
    assert_errored(&run(&runner).await, "the database was busy");
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    production.batch_execute("ROLLBACK").await.unwrap();
    let report = run(&runner).await;
    assert!(report.verdict().is_pass(), "{report:?}");
}

async fn going_on_after_an_error_is_a_limit_of_the_sandbox<S: OnPostgres>() {
    let subject = S::new().await;
    const INSERT: &str = "INSERT INTO t VALUES (1)";
    let (test, tries) = sends::<S>(&[INSERT, INSERT, "SELECT 1"]);
    let runner = runner(subject.backend(), test);
    let report = run(&runner).await;
    assert_errored(&report, "limit of the sandbox");
    assert_errored(&report, "duplicate key");
    assert_eq!(tries.load(Ordering::SeqCst), 1);
}

async fn an_error_that_was_tolerated_explains_nothing<S: OnPostgres>() {
    async fn asserts<S: Subject>(Sandbox(pool): Sandbox<S::Pool>) -> Result {
        S::run(&pool, "nonsense").await.unwrap_err();
        smoke_core::ensure!(false, "the till is empty");
        Ok(())
    }
    let subject = S::new().await;
    let runner = runner(subject.backend(), Test::new("a", asserts::<S>));
    let report = run(&runner).await;
    assert_eq!(only(&report).outcome, Outcome::Failed, "{report:?}");
}

/// A test whose sandbox loses a deadlock against production.
async fn loses_a_deadlock(subject: Arc<Mariadb>, pool: <Mariadb as Subject>::Pool) -> Result {
    let mut production = subject.connect().await;
    // InnoDB rolls back whoever has written less.
    let heavy = "BEGIN; UPDATE d SET y = y + 1 WHERE x >= 10; UPDATE d SET y = 1 WHERE x = 1";
    production.batch_execute(heavy).await?;
    Mariadb::run(&pool, "UPDATE d SET y = 1 WHERE x = 2").await?;
    let waiting = tokio::spawn(async move {
        let sql = "UPDATE d SET y = 1 WHERE x = 2";
        let waited = production.batch_execute(sql).await;
        let _ = production.batch_execute("ROLLBACK").await;
        waited
    });
    let asked = "SELECT COUNT(*) FROM information_schema.innodb_lock_waits";
    eventually(PATIENCE, || number(asked), |waiting| *waiting > 0).await?;
    let answer = handle::<Mariadb>(&pool, "UPDATE d SET y = 1 WHERE x = 1").await;
    waiting.await??;
    answer
}

/// With the statements that the application sends before, and after.
async fn deadlocked(before: &'static str, after: &'static str) -> (Arc<Mariadb>, Report, Report) {
    let subject = Arc::new(Mariadb::new().await);
    // A sandbox waits for nobody's row, and is in no deadlock over one: the trigger has it wait.
    let table = "CREATE TABLE d (x INTEGER PRIMARY KEY, y INTEGER);
                 INSERT INTO d SELECT seq, 0 FROM seq_1_to_50;
                 CREATE TRIGGER patience BEFORE UPDATE ON d FOR EACH ROW
                     SET SESSION innodb_lock_wait_timeout = 5";
    subject.connect().await.batch_execute(table).await.unwrap();
    let peaceful = Arc::new(AtomicBool::new(false));
    let body = {
        let (subject, peaceful) = (Arc::clone(&subject), Arc::clone(&peaceful));
        move |Sandbox(pool): Sandbox<<Mariadb as Subject>::Pool>| {
            let (subject, peaceful) = (Arc::clone(&subject), peaceful.load(Ordering::SeqCst));
            async move {
                if peaceful {
                    return handle::<Mariadb>(&pool, "INSERT INTO t VALUES (1)").await;
                }
                handle::<Mariadb>(&pool, before).await?;
                let lost = loses_a_deadlock(subject, pool.clone()).await;
                let _ = Mariadb::run(&pool, after).await;
                lost
            }
        }
    };
    // Longer than a deadlock takes to come about, on a machine that is busy.
    let backend = Rollback::mysql(subject.url()).accept_implicit_commits();
    let backend = backend.limit(Duration::from_secs(8));
    let runner = runner(backend, Test::new("a", body));
    let first = run(&runner).await;
    peaceful.store(true, Ordering::SeqCst);
    let second = run(&runner).await;
    drop(runner);
    (subject, first, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_of_mariadb_is_contention() {
    let (subject, first, second) =
        deadlocked("INSERT INTO t VALUES (7)", "INSERT INTO t VALUES (8)").await;
    assert_errored(&first, "the database was busy");
    assert!(second.verdict().is_pass(), "{second:?}");
    assert_eq!(subject.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_of_mariadb_does_not_hide_a_commit() {
    // Two statements in one are more than is read.
    for before in ["SELECT 1; SELECT 2", "COMMIT"] {
        let (_subject, first, second) = deadlocked(before, "SELECT 1").await;
        assert_errored(&first, "DATA MAY HAVE BEEN COMMITTED");
        assert!(!second.verdict().is_pass(), "{second:?}");
    }
}
