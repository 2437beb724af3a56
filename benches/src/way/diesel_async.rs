//! diesel-async.

use anyhow::Result;
use diesel::ExpressionMethods as _;
use diesel_async::{
    AsyncConnection as _, AsyncMysqlConnection, AsyncPgConnection, RunQueryDsl as _,
    SimpleAsyncConnection as _, pooled_connection,
};
use smoke_axum::smoke_core::Backend;

use super::{NOTE, Way, benched};
use crate::database::{MariadbDatabase, PostgresDatabase};

macro_rules! way {
    (
        $(#[$doc:meta])* $way:ident: $name:literal, $database:ty, $connection:ty, $pool:ident,
        $rollback:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $way;

        impl Way for $way {
            const NAME: &'static str = $name;
            type Database = $database;
            type Pool = pooled_connection::$pool::Pool<$connection>;
            type Connection = $connection;

            fn rollback(url: &str, lanes: usize) -> impl Backend<Pool = Self::Pool> {
                $rollback(url).capacity(lanes)
            }

            async fn insert(pool: &Self::Pool) -> smoke_axum::Result {
                let mut connection = pool.get().await?;
                diesel::insert_into(benched::table)
                    .values(benched::note.eq(NOTE))
                    .execute(&mut connection)
                    .await?;
                Ok(())
            }

            async fn connect(url: &str) -> Result<$connection> {
                Ok(<$connection>::establish(url).await?)
            }

            async fn insert_by_hand(connection: &mut $connection) -> Result<()> {
                connection.batch_execute("BEGIN").await?;
                diesel::insert_into(benched::table)
                    .values(benched::note.eq(NOTE))
                    .execute(connection)
                    .await?;
                Ok(connection.batch_execute("ROLLBACK").await?)
            }

            async fn close(_: $connection) -> Result<()> {
                Ok(())
            }
        }
    };
}

way!(
    /// deadpool on PostgreSQL.
    DeadpoolPostgres: "diesel-async, deadpool", PostgresDatabase, AsyncPgConnection, deadpool,
    smoke_diesel::deadpool::Rollback::postgres
);
way!(
    /// bb8 on PostgreSQL.
    Bb8Postgres: "diesel-async, bb8", PostgresDatabase, AsyncPgConnection, bb8,
    smoke_diesel::bb8::Rollback::postgres
);
way!(
    /// deadpool on MariaDB.
    DeadpoolMariadb: "diesel-async, deadpool", MariadbDatabase, AsyncMysqlConnection, deadpool,
    |url| smoke_diesel::deadpool::Rollback::mysql(url).accept_implicit_commits()
);
way!(
    /// bb8 on MariaDB.
    Bb8Mariadb: "diesel-async, bb8", MariadbDatabase, AsyncMysqlConnection, bb8,
    |url| smoke_diesel::bb8::Rollback::mysql(url).accept_implicit_commits()
);
