//! The smoke tests: safe to run in production, at any time.

mod customer;
mod mail;
mod orders;
mod sessions;
mod users;

use smoke_actix::{Registry, Sandbox};
use smoke_sqlx::Rollback;
use sqlx::PgPool;

use crate::app::{AppState, app};
use crate::config::Config;
use crate::mail::Mailer;
use mail::Mails;
use sessions::TestSessions;

/// A deploy says which build it is by `SMOKE_BUILD` in the environment.
pub(crate) fn registry(config: Config, pool: &PgPool) -> Registry {
    Registry::discover()
        // A test that was not linked in is a FAIL, and not one test less.
        .expect_at_least(8)
        // Every 5 minutes.
        .usual_schedules()
        .provide(config)
        // With `after_connect`, as production's connections.
        .rollback(Rollback::like(pool))
        // What is made first is not waited for while the sandbox is open.
        .app(smoke_actix::app(
            |TestSessions(sessions): TestSessions,
             Mails(mails): Mails,
             Sandbox(pool): Sandbox<PgPool>| {
                let state = AppState {
                    pool,
                    sessions,
                    mailer: Mailer::Kept(mails),
                };
                move || app(state.clone())
            },
        ))
        // Everybody may see everything, since the service listens on this machine alone. On a
        // network it would be `.token(..)`.
        .open()
}
