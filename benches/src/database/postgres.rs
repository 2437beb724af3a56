//! PostgreSQL.

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use tokio::sync::Mutex;

use super::{Database, at, from_environment, new_name};

/// A database of the server in `SMOKE_TEST_POSTGRES_ADMIN_URL`.
#[derive(Debug)]
pub struct PostgresDatabase {
    name: String,
    url: String,
    admin_url: String,
    admin: Mutex<PgConnection>,
}

impl Database for PostgresDatabase {
    const NAME: &'static str = "PostgreSQL";
    const LANES: usize = 2;
    const COUNTS: &'static [&'static str] = &[
        "connections",
        "catalog rows",
        "transaction ids",
        "bytes of WAL",
    ];

    async fn new() -> Result<Self> {
        let admin_url = from_environment("SMOKE_TEST_POSTGRES_ADMIN_URL")?;
        let url = from_environment("SMOKE_TEST_POSTGRES_URL")?;
        let (_, role) = url.rsplit_once('/').context("a URL without a database")?;
        let name = new_name();
        let mut server = PgConnection::connect(&admin_url).await?;
        let create = format!("CREATE DATABASE {name} OWNER {role}");
        server.execute(AssertSqlSafe(create)).await?;
        server.close().await?;

        let mut admin = PgConnection::connect(&at(&admin_url, &name)?).await?;
        if loads_statement_statistics(&mut admin).await? {
            admin.execute("CREATE EXTENSION pg_stat_statements").await?;
        }
        let url = at(&url, &name)?;
        let mut owner = PgConnection::connect(&url).await?;
        let create = "CREATE TABLE benched (id SERIAL PRIMARY KEY, note VARCHAR(100) NOT NULL)";
        owner.execute(create).await?;
        owner.close().await?;
        Ok(Self {
            name,
            url,
            admin_url,
            admin: Mutex::new(admin),
        })
    }

    fn url(&self) -> &str {
        &self.url
    }

    async fn version(&self) -> Result<String> {
        let mut admin = self.admin.lock().await;
        let version: String = sqlx::query_scalar("SHOW server_version")
            .fetch_one(&mut *admin)
            .await?;
        Ok(version)
    }

    async fn connections(&self) -> Result<i64> {
        let mut admin = self.admin.lock().await;
        let others: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .fetch_one(&mut *admin)
        .await?;
        Ok(others)
    }

    async fn counts(&self) -> Result<Vec<i64>> {
        let mut admin = self.admin.lock().await;
        let row = sqlx::query(
            "SELECT (SELECT sessions FROM pg_stat_database WHERE datname = current_database()), \
                    (SELECT sum(n_tup_ins)::bigint FROM pg_stat_sys_tables), \
                    pg_snapshot_xmax(pg_current_snapshot())::text::bigint, \
                    (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint",
        )
        .fetch_one(&mut *admin)
        .await?;
        let mut counts = Vec::new();
        for column in 0..row.len() {
            counts.push(row.try_get(column)?);
        }
        Ok(counts)
    }

    async fn forget_statements(&self) -> Result<()> {
        let mut admin = self.admin.lock().await;
        if loads_statement_statistics(&mut admin).await? {
            admin.execute("SELECT pg_stat_statements_reset()").await?;
        }
        Ok(())
    }

    async fn statement_texts(&self, word: &str) -> Result<Option<i64>> {
        let mut admin = self.admin.lock().await;
        if !loads_statement_statistics(&mut admin).await? {
            return Ok(None);
        }
        let texts: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_statements WHERE query ILIKE '%' || $1 || '%' \
             AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) \
             AND userid <> (SELECT oid FROM pg_roles WHERE rolname = current_user)",
        )
        .bind(word)
        .fetch_one(&mut *admin)
        .await?;
        Ok(Some(texts))
    }

    async fn remove(self) -> Result<()> {
        self.admin.into_inner().close().await?;
        let mut server = PgConnection::connect(&self.admin_url).await?;
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        server.execute(AssertSqlSafe(drop)).await?;
        Ok(())
    }
}

async fn loads_statement_statistics(connection: &mut PgConnection) -> Result<bool> {
    let loaded: bool = sqlx::query_scalar(
        "SELECT current_setting('shared_preload_libraries') ~ 'pg_stat_statements'",
    )
    .fetch_one(connection)
    .await?;
    Ok(loaded)
}
