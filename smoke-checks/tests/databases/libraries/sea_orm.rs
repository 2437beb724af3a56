//! SeaORM, whose connection has a pool of sqlx below it.

use std::any::Any;

use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use smoke_checks::database::SeaOrmMigrations;
use smoke_testing::PATIENCE;
use sqlx::{MySql, Pool, Postgres, Sqlite};

use super::Library;
use super::sqlx::url_of;

pub(crate) struct SeaOrm;

const MIGRATIONS: [&str; 2] = ["m20260101_000001_users", "m20260102_000002_orders"];

async fn connect(url: &str, most: u32) -> sea_orm::DatabaseConnection {
    let mut options = ConnectOptions::new(url_of(url));
    options.max_connections(most).acquire_timeout(PATIENCE);
    options.connect_lazy(true).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

/// Does what sea-orm-migration 2.0 does to the database, which neither it nor its many dependencies are needed
/// for: the table, and a row for each migration.
async fn migrate(url: &str, migrations: usize) {
    let connection = connect(url, 1).await;
    let run = async |sql: &str| connection.execute_unprepared(sql).await.unwrap();
    run("CREATE TABLE IF NOT EXISTS seaql_migrations (version varchar(255) NOT NULL PRIMARY KEY, applied_at bigint NOT NULL)")
        .await;
    run("DELETE FROM seaql_migrations").await;
    for name in &MIGRATIONS[..migrations] {
        run(&format!(
            "INSERT INTO seaql_migrations VALUES ('{name}', 1767225600)"
        ))
        .await;
    }
}

macro_rules! library {
    ($server:ident, $below:ident) => {
        impl Library<$server> for SeaOrm {
            type Pool = Pool<$server>;
            type Build = SeaOrmMigrations;

            async fn pool(url: &str, most: u32) -> Self::Pool {
                connect(url, most).await.$below().clone()
            }

            async fn build(migrations: usize) -> SeaOrmMigrations {
                SeaOrmMigrations::named(MIGRATIONS.into_iter().take(migrations))
            }

            async fn migrate(url: &str, migrations: usize) {
                migrate(url, migrations).await;
            }

            async fn keep(pool: &Self::Pool) -> Box<dyn Any + Send> {
                Box::new(pool.acquire().await.unwrap())
            }
        }
    };
}

library!(Postgres, get_postgres_connection_pool);
library!(MySql, get_mysql_connection_pool);
library!(Sqlite, get_sqlite_connection_pool);
