//! The smoke tests: safe to run in production, at any time.

mod notes;
mod service;
mod users;

use smoke_actix::{Registry, Sandbox};
use smoke_diesel::r2d2::Rollback;

use crate::app::{AppState, app};
use crate::config::Config;
use crate::db::{Pool, SetUp};
use crate::mail::Mailer;

/// The pool that the service itself uses, for tests that look at its state and write nothing.
///
/// A type of its own, since what is written through this pool stays: tests that write ask for a
/// `Sandbox<Pool>`.
struct ProductionPool(Pool);

pub(crate) fn registry(config: &Config, pool: &Pool) -> Registry {
    Registry::discover()
        // A test that was not linked in is a FAIL, and not one test less.
        .expect_at_least(11)
        .build_id(config.build)
        .provide(config.clone())
        .provide(ProductionPool(pool.clone()))
        .rollback(Rollback::new(&config.database_url).customizer(SetUp::new(config)))
        .app(smoke_actix::app(|Sandbox(pool): Sandbox<Pool>| {
            let state = AppState {
                pool,
                mailer: Mailer::Nowhere,
            };
            move || app(state.clone())
        }))
        // Everybody may see everything, since the service listens on this machine alone. On a
        // network it would be `.token(..)`.
        .open()
}
