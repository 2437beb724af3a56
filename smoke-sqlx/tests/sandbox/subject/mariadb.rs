//! MariaDB.

use smoke_core::Backend;
use smoke_sqlx::Rollback;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{Error, Executor, MySql, MySqlPool, raw_sql};
use uuid::Uuid;

use super::Subject;
use crate::version::trusted;

impl Subject for MySql {
    type Kept = ();

    const LONG: &str = "SELECT SLEEP(30)";

    /// A database of its own on the server that the environment names.
    async fn production() -> ((), MySqlPool) {
        let url = std::env::var("SMOKE_TEST_MARIADB_ADMIN_URL").expect(
            "SMOKE_TEST_MARIADB_ADMIN_URL is not set: it has to name a role that may create databases",
        );
        let database = format!("s{}", Uuid::new_v4().simple());
        let sql =
            format!("CREATE DATABASE {database}; CREATE TABLE {database}.t (x INTEGER UNIQUE)");
        let options: MySqlConnectOptions = url.parse().unwrap();
        let admin = MySqlPool::connect_lazy_with(options.clone());
        Self::run(&admin, &sql).await.unwrap();
        admin.close().await;
        (
            (),
            MySqlPool::connect_lazy_with(options.database(&database)),
        )
    }

    fn backend(production: &MySqlPool) -> impl Backend<Pool = MySqlPool> {
        Self::writing(Rollback::like(production))
    }

    fn writing(rollback: Rollback<Self>) -> Rollback<Self> {
        rollback.accept_implicit_commits()
    }

    async fn run(pool: &MySqlPool, sql: &str) -> Result<(), Error> {
        raw_sql(trusted(sql)).execute(pool).await.map(|_| ())
    }

    async fn run_on(connection: &mut Self::Connection, sql: &str) -> Result<(), Error> {
        let ran = connection.execute(raw_sql(trusted(sql))).await;
        ran.map(|_| ())
    }

    async fn rows(pool: &MySqlPool) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM t");
        count.fetch_one(pool).await.unwrap()
    }
}
