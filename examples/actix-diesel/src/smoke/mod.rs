//! The smoke tests: safe to run in production, at any time.

mod db;
mod notes;
mod service;
mod users;

use smoke_actix::Registry;

use crate::app::{AppState, app};
use crate::config::Config;
use crate::db::Pool;
use crate::mail::Mailer;
use db::Db;

/// The pool that the service itself uses, for tests that look at its state and write nothing.
///
/// A type of its own, since what is written through this pool stays: tests that write ask for a
/// [`Db`].
struct ProductionPool(Pool);

/// A deploy says which build it is by `SMOKE_BUILD` in the environment.
pub(crate) fn registry(config: &Config, pool: &Pool) -> Registry {
    let registry = Registry::discover()
        // A test that was not linked in is a FAIL, and not one test less.
        .expect_at_least(11)
        // Instance tests every 30 s, the others every 5 min.
        .usual_schedules()
        .provide(config.clone())
        .provide(ProductionPool(pool.clone()))
        .app(smoke_actix::app(|Db(pool): Db| {
            let state = AppState {
                pool,
                mailer: Mailer::Nowhere,
            };
            move || app(state.clone())
        }))
        // Everybody may see everything, since the service listens on this machine alone. On a
        // network it would be `.token(..)`.
        .open();
    db::rollback(registry, config, pool)
}
