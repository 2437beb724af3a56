//! The libraries: how an application makes a pool with each, and migrates.

mod diesel;
mod sea_orm;
mod sqlx;

use std::any::Any;

use smoke_checks::database::{Commits, Migrated};

pub(crate) use self::diesel::{Bb8, Deadpool, DeadpoolDiesel, R2d2};
pub(crate) use self::sea_orm::SeaOrm;
pub(crate) use self::sqlx::Sqlx;

use crate::servers::Server;

/// A library, on one kind of database.
pub(crate) trait Library<S: Server> {
    type Pool: Commits + Migrated<Self::Build> + Sync;
    /// What a build has of migrations.
    type Build: 'static;

    /// A pool of that many connections, at most.
    async fn pool(url: &str, most: u32) -> Self::Pool;

    /// A build with the first so many of two migrations: `users` and `orders`.
    async fn build(migrations: usize) -> Self::Build;

    /// Applies what such a build has.
    async fn migrate(url: &str, migrations: usize);

    /// Keeps a connection of the pool.
    async fn keep(pool: &Self::Pool) -> Box<dyn Any + Send>;
}

/// The same tests on each kind of database through each library.
macro_rules! everywhere {
    ($($test:ident = $body:ident;)*) => {
        everywhere! { @ [
            sqlx_on_postgres Sqlx Postgres,
            sqlx_on_mariadb Sqlx MySql,
            sqlx_on_sqlite Sqlx Sqlite,
            sea_orm_on_postgres SeaOrm Postgres,
            sea_orm_on_mariadb SeaOrm MySql,
            sea_orm_on_sqlite SeaOrm Sqlite,
            r2d2_on_postgres R2d2 Postgres,
            r2d2_on_mariadb R2d2 MySql,
            r2d2_on_sqlite R2d2 Sqlite,
            deadpool_on_postgres Deadpool Postgres,
            deadpool_on_mariadb Deadpool MySql,
            deadpool_on_sqlite Deadpool Sqlite,
            deadpool_diesel_on_postgres DeadpoolDiesel Postgres,
            deadpool_diesel_on_mariadb DeadpoolDiesel MySql,
            deadpool_diesel_on_sqlite DeadpoolDiesel Sqlite,
            bb8_on_postgres Bb8 Postgres,
            bb8_on_mariadb Bb8 MySql,
            bb8_on_sqlite Bb8 Sqlite,
        ] $($test = $body;)* }
    };
    (@ [$($place:ident $library:ident $server:ident,)*] $one:ident = $body:ident; $($test:ident = $rest:ident;)*) => {
        mod $one {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
                async fn $place() {
                    super::$body::<crate::libraries::$library, sqlx::$server>().await;
                }
            )*
        }
        everywhere! { @ [$($place $library $server,)*] $($test = $rest;)* }
    };
    (@ [$($place:ident $library:ident $server:ident,)*]) => {};
}

pub(crate) use everywhere;
