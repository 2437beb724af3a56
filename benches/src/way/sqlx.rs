//! sqlx.

use anyhow::Result;
use smoke_axum::smoke_core::Backend;
use smoke_sqlx::Rollback;
use sqlx::{
    Connection as _, Executor as _, MySql, MySqlConnection, PgConnection, Pool, Postgres, Sqlite,
    SqliteConnection,
};

use super::{NOTE, Way};
use crate::database::{MariadbDatabase, PostgresDatabase, SqliteDatabase};

macro_rules! way {
    (
        $(#[$doc:meta])* $way:ident: $database:ty, $family:ty, $connection:ty,
        $begin:literal, $insert:literal, $rollback:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $way;

        impl Way for $way {
            const NAME: &'static str = "sqlx";
            type Database = $database;
            type Pool = Pool<$family>;
            type Connection = $connection;

            fn rollback(url: &str, lanes: usize) -> impl Backend<Pool = Self::Pool> {
                $rollback(url).capacity(lanes)
            }

            async fn insert(pool: &Self::Pool) -> smoke_axum::Result {
                sqlx::query($insert).bind(NOTE).execute(pool).await?;
                Ok(())
            }

            async fn connect(url: &str) -> Result<$connection> {
                Ok(<$connection>::connect(url).await?)
            }

            async fn insert_by_hand(connection: &mut $connection) -> Result<()> {
                connection.execute($begin).await?;
                sqlx::query($insert).bind(NOTE).execute(&mut *connection).await?;
                connection.execute("ROLLBACK").await?;
                Ok(())
            }

            async fn close(connection: $connection) -> Result<()> {
                Ok(connection.close().await?)
            }
        }
    };
}

way!(
    /// sqlx on PostgreSQL.
    SqlxPostgres: PostgresDatabase, Postgres, PgConnection,
    "BEGIN", "INSERT INTO benched (note) VALUES ($1)",
    Rollback::<Postgres>::new
);
way!(
    /// sqlx on MariaDB.
    SqlxMariadb: MariadbDatabase, MySql, MySqlConnection,
    "BEGIN", "INSERT INTO benched (note) VALUES (?)",
    |url| Rollback::<MySql>::new(url).accept_implicit_commits()
);
way!(
    /// sqlx on SQLite.
    SqlxSqlite: SqliteDatabase, Sqlite, SqliteConnection,
    "BEGIN IMMEDIATE", "INSERT INTO benched (note) VALUES (?)",
    Rollback::<Sqlite>::new
);
