//! The smoke tests: safe to run in production, at any time.

#[cfg(feature = "browser")]
mod browser;
mod notes;
mod pages;
mod service;
mod users;

use smoke_axum::{Registry, Sandbox};
use smoke_checks::{Migrations, PoolUse, WritableFolder};
use smoke_diesel::r2d2::Rollback;

use crate::config::Config;
use crate::db::{MIGRATIONS, Pool, SetUp};
use crate::mail::Mailer;
use crate::router::{AppState, router};
use crate::worker::Rounds;

/// The pool that the service itself uses, for tests that look at its state and write nothing.
///
/// A type of its own, since what is written through this pool stays: tests that write ask for a
/// `Sandbox<Pool>`.
struct ProductionPool(Pool);

/// A deploy says which build it is by `SMOKE_BUILD` in the environment.
pub(crate) fn registry(config: &Config, pool: &Pool, rounds: Rounds) -> Registry {
    let mailer = Mailer::Nowhere.unless_broken(config);
    Registry::discover()
        // A test that was not linked in is a FAIL, and not one test less.
        .expect_at_least(13)
        // Ready-made tests of what stands around the service.
        .test(Migrations::of(pool, &MIGRATIONS))
        .test(PoolUse::of(pool))
        .test(WritableFolder::at(config.folder()))
        // Instance tests every 30 s, the others every 5 min.
        .usual_schedules()
        .provide(config.clone())
        .provide(ProductionPool(pool.clone()))
        .provide(rounds)
        .rollback(Rollback::new(&config.database_url).customizer(SetUp::new(config)))
        .app(smoke_axum::app(move |Sandbox(pool): Sandbox<Pool>| {
            router(AppState { pool, mailer })
        }))
        // Everybody may see everything, since the service listens on this machine alone. On a
        // network it would be `.token(..)`.
        .open()
}
