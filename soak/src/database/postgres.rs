//! PostgreSQL's census: `pg_stat_activity`, `pg_locks`, `pg_prepared_xacts`.

use diesel_async::AsyncPgConnection;

use super::{Database, administer, at, from_environment, new_name, note};
use crate::shop;
use crate::stack::{Connection as _, Postgres};

/// A database of the server in `SMOKE_TEST_POSTGRES_ADMIN_URL`.
#[derive(Debug)]
pub struct PostgresDatabase {
    name: String,
    url: String,
    admin: String,
}

impl PostgresDatabase {
    async fn count(&self, queries: &[(&str, &str)]) -> Vec<String> {
        let mut admin = AsyncPgConnection::connect(&self.admin).await.unwrap();
        let mut found = Vec::new();
        for (what, sql) in queries {
            let sql = sql.replace("DATABASE", &format!("'{}'", self.name));
            note(&mut found, what, admin.number(&sql).await.unwrap());
        }
        found
    }
}

impl Database for PostgresDatabase {
    type Stack = Postgres;

    async fn new() -> Self {
        let admin = from_environment("SMOKE_TEST_POSTGRES_ADMIN_URL");
        let url = from_environment("SMOKE_TEST_POSTGRES_URL");
        let (_, role) = url.rsplit_once('/').unwrap();
        let name = new_name();
        let mut connection = AsyncPgConnection::connect(&admin).await.unwrap();
        let sql = format!("CREATE DATABASE {name} OWNER {role}");
        connection.run(&sql).await.unwrap();
        let url = at(&url, &name);
        let mut connection = AsyncPgConnection::connect(&url).await.unwrap();
        for sql in shop::TABLES {
            connection.run(sql).await.unwrap();
        }
        Self { name, url, admin }
    }

    fn url(&self) -> &str {
        &self.url
    }

    async fn held(&self) -> Vec<String> {
        self.count(&[
            (
                "open transactions",
                "SELECT count(*) FROM pg_stat_activity WHERE datname = DATABASE \
                 AND backend_type = 'client backend' AND xact_start IS NOT NULL",
            ),
            (
                "locks",
                "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = DATABASE \
                 AND backend_type = 'client backend'",
            ),
            (
                "prepared transactions",
                "SELECT count(*) FROM pg_prepared_xacts WHERE database = DATABASE",
            ),
        ])
        .await
    }

    async fn connections(&self) -> i64 {
        let mut admin = AsyncPgConnection::connect(&self.admin).await.unwrap();
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND backend_type = 'client backend'",
            self.name
        );
        admin.number(&sql).await.unwrap()
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        administer::<AsyncPgConnection>(self.admin.clone(), sql);
    }
}
