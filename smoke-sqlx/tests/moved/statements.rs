//! How many texts the server's statistics of statements keep, on PostgreSQL.

use std::time::Duration;

use smoke_core::{Ask, Limits, Registry, Result, Runner, Sandbox, Selection, Test};
use smoke_sqlx::Rollback;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection, PgPool, raw_sql};
use uuid::Uuid;

use crate::runs::assert_passed_but;
use crate::version::trusted;

fn url(variable: &str) -> PgConnectOptions {
    let url = std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: `cargo xtask test` starts a server and sets it")
    });
    url.parse().unwrap()
}

async fn administrator() -> PgConnection {
    let options = url("SMOKE_TEST_POSTGRES_ADMIN_URL");
    options.connect().await.unwrap()
}

async fn execute(connection: &mut PgConnection, sql: String) {
    raw_sql(trusted(&*sql)).execute(connection).await.unwrap();
}

async fn inserts(Sandbox(pool): Sandbox<PgPool>) -> Result {
    raw_sql("INSERT INTO t VALUES (1)").execute(&pool).await?;
    Ok(())
}

/// The texts that the server has kept of statements in that database.
async fn kept(admin: &mut PgConnection, database: &str) -> Vec<String> {
    // Another program of tests may do the same at this moment.
    let _ = raw_sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        .execute(&mut *admin)
        .await;
    let texts = "SELECT DISTINCT lower(query) FROM pg_stat_statements \
                 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1)";
    let texts = sqlx::query_scalar(texts).bind(database);
    texts.fetch_all(admin).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_connections_leave_a_few_texts_in_the_statistics() {
    let database = format!("s{}", Uuid::new_v4().simple());
    let mut admin = administrator().await;
    execute(
        &mut admin,
        format!("CREATE DATABASE {database} OWNER smoke"),
    )
    .await;
    let options = url("SMOKE_TEST_POSTGRES_URL").database(&database);
    let table = "CREATE TABLE t (x INTEGER UNIQUE)".to_owned();
    execute(&mut options.connect().await.unwrap(), table).await;

    let registry = (0..10).fold(Registry::new(), |registry, at| {
        registry.test(Test::new(format!("t{at}"), inserts))
    });
    let limits = Limits::default()
        .starts_per_minute(usize::MAX)
        .reuse(Duration::ZERO);
    let registry = registry.rollback(Rollback::<sqlx::Postgres>::with_options(options));
    let runner = Runner::new(registry.limits(limits));
    // Each test makes one.
    for _ in 0..30 {
        let answer = runner.ask(Ask::new(Selection::fast()).fresh()).await;
        assert_passed_but(&answer.report, &[]);
    }

    let kept = kept(&mut admin, &database).await;
    let ours = kept.iter().filter(|text| text.contains("smoke")).count();
    execute(&mut admin, format!("DROP DATABASE {database} WITH (FORCE)")).await;
    assert!(ours <= 12, "{kept:#?}");
    assert!(kept.len() <= 40, "{kept:#?}");
    assert!(
        kept.iter().any(|text| text.contains("insert into t ")),
        "{kept:#?}"
    );
}
