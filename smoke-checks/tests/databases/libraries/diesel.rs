//! diesel and diesel-async.

use std::any::Any;

use diesel::r2d2::{self, ConnectionManager};
use diesel::{Connection, MysqlConnection, PgConnection, SqliteConnection};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, bb8, deadpool};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncMysqlConnection, AsyncPgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use smoke_testing::PATIENCE;
use sqlx::{MySql, Postgres, Sqlite};

use super::Library;

pub(crate) struct R2d2;
pub(crate) struct Deadpool;
pub(crate) struct DeadpoolDiesel;
pub(crate) struct Bb8;

/// Applies migrations as diesel does, for all of its pools.
macro_rules! migrated {
    ($connection:ident) => {
        type Build = EmbeddedMigrations;

        async fn build(migrations: usize) -> EmbeddedMigrations {
            build(migrations)
        }

        async fn migrate(url: &str, migrations: usize) {
            let mut connection = $connection::establish(url).unwrap();
            let applied = connection.run_pending_migrations(build(migrations));
            applied.unwrap();
        }
    };
}

fn build(migrations: usize) -> EmbeddedMigrations {
    const NONE: EmbeddedMigrations = EmbeddedMigrations::new(&[]);
    const FIRST: EmbeddedMigrations = embed_migrations!("tests/databases/migrations/first");
    const BOTH: EmbeddedMigrations = embed_migrations!("tests/databases/migrations/both");
    match migrations {
        0 => NONE,
        1 => FIRST,
        _ => BOTH,
    }
}

macro_rules! library {
    ($server:ident, $blocking:ident, $client:ty) => {
        impl Library<$server> for R2d2 {
            type Pool = r2d2::Pool<ConnectionManager<$blocking>>;

            async fn pool(url: &str, most: u32) -> Self::Pool {
                let builder = r2d2::Pool::builder().max_size(most).min_idle(Some(0));
                builder.build_unchecked(ConnectionManager::new(url))
            }

            migrated!($blocking);

            async fn keep(pool: &Self::Pool) -> Box<dyn Any + Send> {
                Box::new(pool.get_timeout(PATIENCE).unwrap())
            }
        }

        impl Library<$server> for Deadpool {
            type Pool = deadpool::Pool<$client>;

            async fn pool(url: &str, most: u32) -> Self::Pool {
                let builder = deadpool::Pool::builder(AsyncDieselConnectionManager::new(url));
                builder.max_size(most as usize).build().unwrap()
            }

            migrated!($blocking);

            async fn keep(pool: &Self::Pool) -> Box<dyn Any + Send> {
                Box::new(pool.get().await.unwrap())
            }
        }

        impl Library<$server> for DeadpoolDiesel {
            type Pool = deadpool_diesel::Pool<deadpool_diesel::Manager<$blocking>>;

            async fn pool(url: &str, most: u32) -> Self::Pool {
                let manager = deadpool_diesel::Manager::new(url, deadpool_diesel::Runtime::Tokio1);
                let builder = deadpool_diesel::Pool::builder(manager);
                builder.max_size(most as usize).build().unwrap()
            }

            migrated!($blocking);

            async fn keep(pool: &Self::Pool) -> Box<dyn Any + Send> {
                Box::new(pool.get().await.unwrap())
            }
        }

        impl Library<$server> for Bb8 {
            type Pool = bb8::Pool<$client>;

            async fn pool(url: &str, most: u32) -> Self::Pool {
                let builder = bb8::Pool::builder()
                    .max_size(most)
                    .connection_timeout(PATIENCE);
                builder.build_unchecked(AsyncDieselConnectionManager::new(url))
            }

            migrated!($blocking);

            async fn keep(pool: &Self::Pool) -> Box<dyn Any + Send> {
                Box::new(pool.get_owned().await.unwrap())
            }
        }
    };
}

library!(Postgres, PgConnection, AsyncPgConnection);
library!(MySql, MysqlConnection, AsyncMysqlConnection);
library!(
    Sqlite,
    SqliteConnection,
    SyncConnectionWrapper<SqliteConnection>
);
