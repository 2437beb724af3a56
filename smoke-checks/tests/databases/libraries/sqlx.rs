//! sqlx.

use std::any::Any;

use smoke_testing::PATIENCE;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::mysql::MySqlPoolOptions;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{MySql, Pool, Postgres, SqlSafeStr, Sqlite};

use super::Library;

pub(crate) struct Sqlx;

/// The migrations of a build that has the first so many.
pub(crate) fn migrator(migrations: usize) -> Migrator {
    let all = [
        (1, "users", "CREATE TABLE users (id integer PRIMARY KEY)"),
        (2, "orders", "CREATE TABLE orders (id integer PRIMARY KEY)"),
    ];
    let migrations = all
        .into_iter()
        .take(migrations)
        .map(|(version, name, sql)| {
            let sql = sql.into_sql_str();
            Migration::new(version, name.into(), MigrationType::Simple, sql, false)
        });
    Migrator::with_migrations(migrations.collect())
}

/// sqlx and SeaORM know SQLite by another word.
pub(super) fn url_of(url: &str) -> String {
    url.replace("file:", "sqlite:")
}

macro_rules! library {
    ($server:ident, $options:ident) => {
        impl Library<$server> for Sqlx {
            type Pool = Pool<$server>;
            type Build = Migrator;

            async fn pool(url: &str, most: u32) -> Self::Pool {
                let options = $options::new().max_connections(most);
                // Its own patience is longer than that of any check.
                let pool = options.acquire_timeout(PATIENCE).connect_lazy(&url_of(url));
                pool.unwrap()
            }

            async fn build(migrations: usize) -> Migrator {
                migrator(migrations)
            }

            async fn migrate(url: &str, migrations: usize) {
                let pool = <Self as Library<$server>>::pool(url, 1).await;
                migrator(migrations).run(&pool).await.unwrap();
            }

            async fn keep(pool: &Self::Pool) -> Box<dyn Any + Send> {
                Box::new(pool.acquire().await.unwrap())
            }
        }
    };
}

library!(Postgres, PgPoolOptions);
library!(MySql, MySqlPoolOptions);
library!(Sqlite, SqlitePoolOptions);
