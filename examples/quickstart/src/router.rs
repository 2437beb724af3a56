//! The routes.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use diesel::prelude::*;

use crate::db::{self, Pool};
use crate::error::AppError;
use crate::mail::Mailer;
use crate::{notes, pages, users};

/// All that a handler can reach. There is no other way to the database or out of the process, so
/// whoever builds the router decides where its writes and its mail go.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    pub(crate) pool: Pool,
    pub(crate) mailer: Mailer,
}

/// The application's routes, and nothing that lives on its own: main starts the worker.
pub(crate) fn router(state: AppState) -> Router {
    Router::new()
        .route("/health", get(health))
        .merge(users::routes())
        .merge(notes::routes())
        .merge(pages::routes())
        .with_state(state)
}

/// The usual health check: it stays OK when nobody can sign up any more.
async fn health(State(state): State<AppState>) -> Result<&'static str, AppError> {
    db::query(&state.pool, |connection| {
        diesel::sql_query("SELECT 1").execute(connection)
    })
    .await?;
    Ok("OK\n")
}
