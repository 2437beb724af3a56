//! PostgreSQL.

use smoke_core::Backend;
use smoke_sqlx::Rollback;
use sqlx::{Error, Executor, PgPool, Postgres, raw_sql};
use uuid::Uuid;

use super::Subject;
use crate::version::trusted;

impl Subject for Postgres {
    type Kept = ();

    const LONG: &str = "SELECT pg_sleep(30)";

    /// A schema of its own in the database that the environment names.
    async fn production() -> ((), PgPool) {
        let url = std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
            "SMOKE_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a server and sets it",
        );
        let schema = format!("s{}", Uuid::new_v4().simple());
        let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
        let options = options.options([("search_path", schema.as_str())]);
        let pool = PgPool::connect_lazy_with(options);
        let sql = format!("CREATE SCHEMA {schema}; CREATE TABLE t (x INTEGER UNIQUE)");
        Self::run(&pool, &sql).await.unwrap();
        ((), pool)
    }

    fn backend(production: &PgPool) -> impl Backend<Pool = PgPool> {
        Rollback::like(production)
    }

    async fn run(pool: &PgPool, sql: &str) -> Result<(), Error> {
        raw_sql(trusted(sql)).execute(pool).await.map(|_| ())
    }

    async fn run_on(connection: &mut Self::Connection, sql: &str) -> Result<(), Error> {
        let ran = connection.execute(raw_sql(trusted(sql))).await;
        ran.map(|_| ())
    }

    async fn rows(pool: &PgPool) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM t");
        count.fetch_one(pool).await.unwrap()
    }
}
