//! The application: its routes, its middleware, and what its handlers can reach.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::web::{self, Data, JsonConfig};
use actix_web::{App, Error};
use sqlx::PgPool;

use crate::error::AppError;
use crate::mail::Mailer;
use crate::sessions::Sessions;
use crate::{orders, users};

/// All that a handler can reach. There is no other way to a database or out of the process, so
/// whoever builds the application decides where its writes, its sessions and its mail go.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) pool: PgPool,
    pub(crate) sessions: Sessions,
    pub(crate) mailer: Mailer,
}

/// The application as each worker builds it, and as each smoke test does.
pub(crate) fn app(
    state: AppState,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let sessions = state.sessions.middleware();
    App::new()
        .app_data(Data::new(state))
        .app_data(JsonConfig::default().error_handler(|error, _| {
            let reason = error.to_string();
            AppError::Unreadable(reason).into()
        }))
        .route("/health", web::get().to(health))
        .configure(users::routes)
        .configure(orders::routes)
        .wrap(sessions)
}

/// The usual health check: it stays OK when nobody can sign in any more.
async fn health(state: Data<AppState>) -> Result<&'static str, AppError> {
    sqlx::query("SELECT 1").execute(&state.pool).await?;
    Ok("OK\n")
}
