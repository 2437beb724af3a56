//! Through a transaction pooler: only the transaction is the sandbox's, and the server's processes are production's too.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../version/mod.rs"]
mod version;

use std::time::Duration;

use smoke_conformance::eventually;
use smoke_core::{Backend, OpenRequest, Opened, RollbackVerdict};
use smoke_sqlx::Rollback;
use smoke_testing::PATIENCE;
use smoke_testing::pooler::Production;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Executor, Postgres};
use version::trusted;

type Sandbox = Opened<sqlx::PgPool>;

fn pooled(production: &Production) -> PgConnectOptions {
    production.pooled.parse().unwrap()
}

async fn open(production: &Production) -> Sandbox {
    let backend = Rollback::<Postgres>::with_options(pooled(production));
    // So long that it is not the limit what ends anything.
    let request = OpenRequest::new("shop::a_test", Duration::from_secs(60));
    backend.open(request).await.unwrap()
}

async fn run(sandbox: &Sandbox, sql: &str) -> Result<(), sqlx::Error> {
    let ran = sqlx::raw_sql(trusted(sql)).execute(&sandbox.pool);
    ran.await.map(|_| ())
}

async fn finish(sandbox: Sandbox) -> RollbackVerdict {
    drop(sandbox.pool);
    sandbox.session.finish().await
}

/// The server's process that the sandbox has for as long as its transaction lasts.
async fn process(sandbox: &Sandbox) -> i32 {
    let asked = sqlx::query_scalar("SELECT pg_backend_pid()").persistent(false);
    asked.fetch_one(&sandbox.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_production_has_in_its_sessions_is_as_it_was() {
    let production = Production::new().await;
    let before = production
        .sessions("pg_advisory_lock(77, pg_backend_pid())")
        .await;
    let sandbox = open(&production).await;
    let process = process(&sandbox).await;
    sandbox.session.enter().await.unwrap();
    run(&sandbox, &production.insert(1)).await.unwrap();
    run(&sandbox, &production.insert(1)).await.unwrap_err();
    let mut transaction = sandbox.pool.begin().await.unwrap();
    // Prepared under a name.
    let asked = sqlx::query("SELECT $1::int4").bind(1);
    asked.execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
    sandbox.session.leave().await.unwrap();
    assert!(finish(sandbox).await.is_rolled_back());
    assert_eq!(production.rows().await, 0);

    let after = production.sessions("0").await;
    assert!(after.contains_key(&process), "the server's process is gone");
    assert_eq!(after, before);
    let lock = format!("advisory 77 {process}");
    assert!(after[&process].contains(&lock), "{after:?}");
    production.sessions("pg_advisory_unlock_all()").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_refused_and_seen() {
    let production = Production::new().await;
    for sql in ["COMMIT", "COMMIT; BEGIN", "COMMIT AND CHAIN"] {
        let sandbox = open(&production).await;
        sandbox.session.enter().await.unwrap();
        run(&sandbox, &production.insert(1)).await.unwrap();
        run(&sandbox, sql).await.ok();
        let left = sandbox.session.leave().await.unwrap_err();
        assert!(is_escaped(&left), "{sql}: {left:?}");
        let verdict = finish(sandbox).await;
        assert!(is_escaped(&verdict), "{sql}: {verdict:?}");
        assert_eq!(production.rows().await, 0, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_lost_after_a_commit_is_an_escape() {
    let production = Production::new().await;
    // It takes the cursor away that has the server refuse it.
    let commit = "CLOSE ALL; COMMIT";
    for (sql, escaped) in [(commit, true), ("ROLLBACK", false), ("SELECT 1", false)] {
        let sandbox = open(&production).await;
        sandbox.session.enter().await.unwrap();
        let mut held = sandbox.pool.acquire().await.unwrap();
        let insert = production.insert(i32::from(escaped));
        for sql in [insert.as_str(), sql] {
            let ran = sqlx::raw_sql(trusted(sql)).execute(&mut *held);
            ran.await.unwrap();
        }
        held.close().await.unwrap();
        let left = sandbox.session.leave().await.unwrap_err();
        assert!(is_lost(&left), "{sql}: {left:?}");
        let verdict = finish(sandbox).await;
        assert_eq!(is_escaped(&verdict), escaped, "{sql}: {verdict:?}");
        assert_eq!(is_lost(&verdict), !escaped, "{sql}: {verdict:?}");
    }
    assert_eq!(production.rows().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_is_ended_from_outside() {
    let production = Production::new().await;
    let sandbox = open(&production).await;
    let process = process(&sandbox).await;
    run(&sandbox, &production.insert(1)).await.unwrap();
    sandbox.session.cut().await;
    // The server ends a session in its own time.
    let ended = eventually(PATIENCE, || production.has(process), |has| !has);
    ended.await.unwrap();
    let verdict = finish(sandbox).await;
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(production.rows().await, 0);
}

/// There is no other connection that could end it.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_sandbox_that_has_the_poolers_only_connection_is_closed() {
    let production = Production::through_one_connection().await;
    let backend = Rollback::<Postgres>::with_options(pooled(&production));
    // With limits of the server that are longer than this takes.
    let request = OpenRequest::new("shop::a_test", Duration::from_secs(120));
    let sandbox = backend.open(request).await.unwrap();
    run(&sandbox, &production.insert(1)).await.unwrap();
    let pooled = pooled(&production);
    let waiting = tokio::spawn(async move {
        let mut connection = pooled.connect().await?;
        connection.execute(sqlx::raw_sql("SELECT 1")).await
    });
    sandbox.session.cut().await;
    let went_on = tokio::time::timeout(PATIENCE, waiting);
    went_on.await.unwrap().unwrap().unwrap();
    run(&sandbox, "SELECT 1").await.unwrap_err();
    let verdict = finish(sandbox).await;
    assert!(is_lost(&verdict), "{verdict:?}");
    assert_eq!(production.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_productions_again_is_not_ended() {
    let production = Production::new().await;
    let sandbox = open(&production).await;
    let process = process(&sandbox).await;
    run(
        &sandbox,
        &format!("{}; CLOSE ALL; COMMIT", production.insert(1)),
    )
    .await
    .unwrap();
    sandbox.session.cut().await;
    assert!(production.has(process).await);
    let verdict = finish(sandbox).await;
    assert!(is_escaped(&verdict), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_kept_is_ended() {
    let production = Production::new().await;
    let sandbox = open(&production).await;
    let mut held = sandbox.pool.acquire().await.unwrap();
    let insert = production.insert(1);
    sqlx::raw_sql(trusted(&*insert))
        .execute(&mut *held)
        .await
        .unwrap();
    let verdict = finish(sandbox).await;
    assert!(
        matches!(verdict, RollbackVerdict::Straggler { .. }),
        "{verdict:?}"
    );
    let committed = sqlx::raw_sql("COMMIT").execute(&mut *held).await;
    committed.unwrap_err();
    assert_eq!(production.rows().await, 0);
}

fn is_escaped(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::Escaped { .. })
}

fn is_lost(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::ConnectionLost { .. })
}
