//! The database: SQLite, or PostgreSQL where the feature is on.

#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;

use actix_web::web;
use anyhow::Result;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, R2D2Connection};

use crate::config::Config;
use crate::error::AppError;

type PoolOf<C> = diesel::r2d2::Pool<ConnectionManager<C>>;
pub(crate) type SqlitePool = PoolOf<diesel::SqliteConnection>;
#[cfg(feature = "postgres")]
pub(crate) type PgPool = PoolOf<diesel::PgConnection>;

/// The pool of the database that `DATABASE_URL` names.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(PgPool),
}

/// Opens the database and brings it up to date.
pub(crate) fn open(config: &Config) -> Result<Pool> {
    #[cfg(feature = "postgres")]
    if config.file().is_none() {
        return postgres::open(config).map(Pool::Postgres);
    }
    sqlite::open(config).map(Pool::Sqlite)
}

/// Sets a connection up. The sandboxes of the smoke tests use it too: they have to behave as the
/// connections of the pool do.
#[derive(Clone, Debug)]
pub(crate) struct SetUp {
    broken_writes: bool,
}

impl SetUp {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            broken_writes: config.broken_writes,
        }
    }
}

fn pool<C>(config: &Config) -> Result<PoolOf<C>, diesel::r2d2::PoolError>
where
    C: R2D2Connection + Send + 'static,
    SetUp: CustomizeConnection<C, diesel::r2d2::Error>,
{
    PoolOf::builder()
        .connection_customizer(Box::new(SetUp::new(config)))
        .build(ConnectionManager::new(&config.database_url))
}

/// Does the same with whichever pool it is: diesel checks what is written once for each database.
macro_rules! each {
    ($any:expr, $pool:ident => $work:expr) => {
        match &$any {
            $crate::db::Pool::Sqlite($pool) => $work,
            #[cfg(feature = "postgres")]
            $crate::db::Pool::Postgres($pool) => $work,
        }
    };
}

/// Uses a connection of the pool on a thread that may block.
macro_rules! query {
    ($pool:expr, |$connection:ident| $work:expr) => {
        $crate::db::each!($pool, pool => $crate::db::using(pool, move |$connection| $work).await)
    };
}

pub(crate) use {each, query};

pub(crate) async fn using<C, T, E>(
    pool: &PoolOf<C>,
    work: impl FnOnce(&mut C) -> Result<T, E> + Send + 'static,
) -> Result<T, AppError>
where
    C: R2D2Connection + Send + 'static,
    T: Send + 'static,
    E: Into<AppError> + Send + 'static,
{
    let pool = pool.clone();
    web::block(move || work(&mut *pool.get()?).map_err(Into::into)).await?
}
