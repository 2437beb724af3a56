//! The smoke tests: safe to run in production, at any time.

mod orders;
mod service;

use smoke_axum::{Registry, Sandbox};
use smoke_diesel::deadpool::Rollback;

use crate::config::Config;
use crate::db::Pool;
use crate::router::{AppState, router};

/// The pool that the service itself uses, for tests that look at its state and write nothing.
struct ProductionPool(Pool);

/// A deploy says which build it is by `SMOKE_BUILD` in the environment.
pub(crate) fn registry(config: &Config, pool: &Pool) -> Registry {
    Registry::discover()
        // A test that was not linked in is a FAIL, and not one test less.
        .expect_at_least(6)
        .provide(ProductionPool(pool.clone()))
        .rollback(Rollback::new(&config.database_url))
        .app(smoke_axum::app(|Sandbox(pool): Sandbox<Pool>| {
            router(AppState { pool })
        }))
        // Strangers may ask for the fast tests and see verdict, counts and names. All else needs
        // the token.
        .token(&config.smoke_token)
}
