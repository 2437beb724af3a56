//! The backends' part of the conformance suite, on every database.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

mod mariadb;
mod postgres;
mod sqlite;
#[path = "../version/mod.rs"]
mod version;

/// What an application does with a pool, for each database.
macro_rules! through_sqlx {
    ($database:ty) => {
        async fn execute(pool: &sqlx::Pool<$database>, sql: &str) -> Result<(), String> {
            let ran = sqlx::raw_sql(crate::version::trusted(sql))
                .execute(pool)
                .await;
            ran.map(|_| ()).map_err(|error| error.to_string())
        }

        async fn transaction(pool: &sqlx::Pool<$database>, sql: &str) -> Result<(), String> {
            let ran = async {
                let mut transaction = pool.begin().await?;
                let sql = sqlx::raw_sql(crate::version::trusted(sql));
                sqlx::Executor::execute(&mut *transaction, sql).await?;
                transaction.commit().await
            };
            ran.await.map_err(|error: sqlx::Error| error.to_string())
        }

        async fn number(pool: &sqlx::Pool<$database>, sql: &str) -> Result<i64, String> {
            // A pooler may have another process for what is prepared under a name.
            let asked = sqlx::query_scalar(crate::version::trusted(sql)).persistent(false);
            asked
                .fetch_one(pool)
                .await
                .map_err(|error| error.to_string())
        }

        async fn hold(
            pool: &sqlx::Pool<$database>,
        ) -> Result<Box<dyn std::any::Any + Send>, String> {
            let held = pool.acquire().await.map_err(|error| error.to_string())?;
            Ok(Box::new(held))
        }
    };
}
use through_sqlx;
