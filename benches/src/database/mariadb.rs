//! MariaDB.

use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection};
use tokio::sync::Mutex;

use super::{Database, at, from_environment, new_name};

/// A database of the server in `SMOKE_TEST_MARIADB_ADMIN_URL`.
#[derive(Debug)]
pub struct MariadbDatabase {
    name: String,
    url: String,
    admin: Mutex<MySqlConnection>,
}

impl Database for MariadbDatabase {
    const NAME: &'static str = "MariaDB";
    const LANES: usize = 2;
    const COUNTS: &'static [&'static str] =
        &["connections", "transaction ids", "bytes of redo log"];

    async fn new() -> Result<Self> {
        let url = from_environment("SMOKE_TEST_MARIADB_URL")?;
        let name = new_name();
        let mut owner = MySqlConnection::connect(&url).await?;
        let account: String = sqlx::query_scalar("SELECT CURRENT_USER()")
            .fetch_one(&mut owner)
            .await?;
        owner.close().await?;
        let account = account.replace('@', "'@'");

        let admin_url = from_environment("SMOKE_TEST_MARIADB_ADMIN_URL")?;
        let mut admin = MySqlConnection::connect(&admin_url).await?;
        for sql in [
            format!("CREATE DATABASE {name}"),
            format!("GRANT ALL ON {name}.* TO '{account}'"),
            format!(
                "CREATE TABLE {name}.benched \
                 (id INTEGER PRIMARY KEY AUTO_INCREMENT, note VARCHAR(100) NOT NULL)"
            ),
        ] {
            admin.execute(AssertSqlSafe(sql)).await?;
        }
        Ok(Self {
            url: at(&url, &name)?,
            name,
            admin: Mutex::new(admin),
        })
    }

    fn url(&self) -> &str {
        &self.url
    }

    async fn version(&self) -> Result<String> {
        let mut admin = self.admin.lock().await;
        let version: String = sqlx::query_scalar("SELECT VERSION()")
            .fetch_one(&mut *admin)
            .await?;
        Ok(version)
    }

    async fn connections(&self) -> Result<i64> {
        let mut admin = self.admin.lock().await;
        let others: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM information_schema.processlist WHERE db = ?")
                .bind(&self.name)
                .fetch_one(&mut *admin)
                .await?;
        Ok(others)
    }

    async fn counts(&self) -> Result<Vec<i64>> {
        let mut admin = self.admin.lock().await;
        let mut counts = Vec::new();
        for status in ["CONNECTIONS", "INNODB_MAX_TRX_ID", "INNODB_LSN_CURRENT"] {
            let count: i64 = sqlx::query_scalar(
                "SELECT CAST(variable_value AS SIGNED) \
                 FROM information_schema.global_status WHERE variable_name = ?",
            )
            .bind(status)
            .fetch_one(&mut *admin)
            .await?;
            counts.push(count);
        }
        Ok(counts)
    }

    async fn forget_statements(&self) -> Result<()> {
        let mut admin = self.admin.lock().await;
        let forget = "TRUNCATE TABLE performance_schema.events_statements_summary_by_digest";
        admin.execute(forget).await?;
        Ok(())
    }

    async fn statement_texts(&self, word: &str) -> Result<Option<i64>> {
        let mut admin = self.admin.lock().await;
        let is_counting: bool = sqlx::query_scalar("SELECT @@performance_schema = 1")
            .fetch_one(&mut *admin)
            .await?;
        if !is_counting {
            return Ok(None);
        }
        let texts: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM performance_schema.events_statements_summary_by_digest \
             WHERE schema_name = ? AND digest_text LIKE CONCAT('%', ?, '%')",
        )
        .bind(&self.name)
        .bind(word)
        .fetch_one(&mut *admin)
        .await?;
        Ok(Some(texts))
    }

    async fn remove(self) -> Result<()> {
        let mut admin = self.admin.into_inner();
        let drop = format!("DROP DATABASE {}", self.name);
        admin.execute(AssertSqlSafe(drop)).await?;
        Ok(())
    }
}
