//! diesel, whose connections block: by hand they are used without a change of threads.

use anyhow::Result;
use diesel::connection::SimpleConnection as _;
use diesel::r2d2::ConnectionManager;
use diesel::{
    Connection as _, ExpressionMethods as _, MysqlConnection, PgConnection, QueryResult,
    RunQueryDsl as _, SqliteConnection,
};
use smoke_axum::smoke_core::Backend;
use smoke_diesel::r2d2::Interact as _;

use super::{NOTE, Way, benched};
use crate::database::{MariadbDatabase, PostgresDatabase, SqliteDatabase};

macro_rules! way {
    (
        $(#[$doc:meta])* $way:ident: $name:literal, $database:ty, $connection:ty, $pool:ty,
        $begin:literal, $rollback:expr, $insert:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $way;

        impl Way for $way {
            const NAME: &'static str = $name;
            type Database = $database;
            type Pool = $pool;
            type Connection = $connection;

            fn rollback(url: &str, lanes: usize) -> impl Backend<Pool = Self::Pool> {
                $rollback(url).capacity(lanes)
            }

            async fn insert(pool: &Self::Pool) -> smoke_axum::Result {
                let insert = |connection: &mut $connection| {
                    diesel::insert_into(benched::table)
                        .values(benched::note.eq(NOTE))
                        .execute(connection)
                };
                $insert(pool.clone(), insert).await
            }

            async fn connect(url: &str) -> Result<$connection> {
                let mut connection = <$connection>::establish(url)?;
                connection.set_up()?;
                Ok(connection)
            }

            async fn insert_by_hand(connection: &mut $connection) -> Result<()> {
                connection.batch_execute($begin)?;
                diesel::insert_into(benched::table)
                    .values(benched::note.eq(NOTE))
                    .execute(connection)?;
                Ok(connection.batch_execute("ROLLBACK")?)
            }

            async fn close(_: $connection) -> Result<()> {
                Ok(())
            }
        }
    };
}

/// Of diesel's r2d2 pools.
macro_rules! r2d2 {
    (
        $(#[$doc:meta])* $way:ident: $database:ty, $connection:ty, $begin:literal, $rollback:expr
    ) => {
        way!(
            $(#[$doc])*
            $way: "diesel, r2d2", $database, $connection,
            diesel::r2d2::Pool<ConnectionManager<$connection>>, $begin, $rollback,
            async |pool: Self::Pool, insert| {
                pool.interact(insert).await?;
                <smoke_axum::Result>::Ok(())
            }
        );
    };
}

/// Of deadpool-diesel's pools.
macro_rules! deadpool_diesel {
    (
        $(#[$doc:meta])* $way:ident: $database:ty, $connection:ty, $begin:literal, $rollback:expr
    ) => {
        way!(
            $(#[$doc])*
            $way: "diesel, deadpool-diesel", $database, $connection,
            deadpool_diesel::Pool<deadpool_diesel::Manager<$connection>>, $begin, $rollback,
            async |pool: Self::Pool, insert| {
                let connection = pool.get().await?;
                let inserted = connection.interact(insert).await;
                inserted.map_err(|error| smoke_axum::Error::msg(error.to_string()))??;
                <smoke_axum::Result>::Ok(())
            }
        );
    };
}

/// As long as sqlx does on its own.
fn wait_for_the_lock(connection: &mut SqliteConnection) -> QueryResult<()> {
    connection.batch_execute("PRAGMA busy_timeout = 5000")
}

/// What a connection by hand is set up with, as those of the sandboxes are.
trait SetUp {
    fn set_up(&mut self) -> QueryResult<()> {
        Ok(())
    }
}

impl SetUp for PgConnection {}

impl SetUp for MysqlConnection {}

impl SetUp for SqliteConnection {
    fn set_up(&mut self) -> QueryResult<()> {
        wait_for_the_lock(self)
    }
}

r2d2!(
    /// r2d2 on PostgreSQL.
    R2d2Postgres: PostgresDatabase, PgConnection, "BEGIN",
    smoke_diesel::r2d2::Rollback::postgres
);
r2d2!(
    /// r2d2 on MariaDB.
    R2d2Mariadb: MariadbDatabase, MysqlConnection, "BEGIN",
    |url| smoke_diesel::r2d2::Rollback::mysql(url).accept_implicit_commits()
);
r2d2!(
    /// r2d2 on SQLite.
    R2d2Sqlite: SqliteDatabase, SqliteConnection, "BEGIN IMMEDIATE",
    |url| smoke_diesel::r2d2::Rollback::sqlite(url).setup(wait_for_the_lock)
);
deadpool_diesel!(
    /// deadpool-diesel on PostgreSQL.
    DeadpoolDieselPostgres: PostgresDatabase, PgConnection, "BEGIN",
    smoke_diesel::deadpool_diesel::Rollback::<PgConnection>::postgres
);
deadpool_diesel!(
    /// deadpool-diesel on SQLite.
    DeadpoolDieselSqlite: SqliteDatabase, SqliteConnection, "BEGIN IMMEDIATE",
    |url| smoke_diesel::deadpool_diesel::Rollback::sqlite(url).setup(wait_for_the_lock)
);
