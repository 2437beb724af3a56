//! A fixture of the service's own: the sandbox of whichever database it uses.

use smoke_actix::{Context, Fixture, Kind, Providers, Registry, Result, Sandbox};
use smoke_diesel::r2d2::Rollback;

use crate::config::Config;
#[cfg(feature = "postgres")]
use crate::db::PgPool;
use crate::db::{Pool, SetUp, SqlitePool};

/// The pool that the application under test has. What is written through it is rolled back.
///
/// A service with one database needs none of this: its tests ask for a `Sandbox<Pool>`.
#[derive(Clone, Debug)]
pub(super) struct Db(pub(super) Pool);

impl Fixture for Db {
    const KIND: Kind = Kind::Database;

    fn check(providers: &Providers<'_>) -> Result {
        #[cfg(feature = "postgres")]
        if providers.check::<Sandbox<PgPool>>().is_ok() {
            return Ok(());
        }
        providers.check::<Sandbox<SqlitePool>>()
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        #[cfg(feature = "postgres")]
        if let Some(Sandbox(pool)) = cx.get::<Option<Sandbox<PgPool>>>().await? {
            return Ok(Self(Pool::Postgres(pool)));
        }
        let Sandbox(pool) = cx.get::<Sandbox<SqlitePool>>().await?;
        Ok(Self(Pool::Sqlite(pool)))
    }
}

/// The registry with sandboxes of the database that the service uses.
pub(super) fn rollback(registry: Registry, config: &Config, pool: &Pool) -> Registry {
    let (url, set_up) = (&config.database_url, SetUp::new(config));
    match pool {
        Pool::Sqlite(_) => registry.rollback(Rollback::new(url).customizer(set_up)),
        #[cfg(feature = "postgres")]
        Pool::Postgres(_) => registry.rollback(Rollback::postgres(url).customizer(set_up)),
    }
}
