//! The routes.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use diesel_async::SimpleAsyncConnection;

use crate::db::Pool;
use crate::error::AppError;
use crate::{orders, products};

/// All that a handler can reach.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) pool: Pool,
}

/// The application's routes, and nothing that lives on its own.
pub(crate) fn router(state: AppState) -> Router {
    Router::new()
        .route("/health", get(health))
        .merge(products::routes())
        .merge(orders::routes())
        .with_state(state)
}

async fn health(State(state): State<AppState>) -> Result<&'static str, AppError> {
    state.pool.get().await?.batch_execute("SELECT 1").await?;
    Ok("OK\n")
}
