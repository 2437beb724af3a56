//! The application: its routes, its middleware, and what its handlers can reach.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{DefaultHeaders, Logger};
use actix_web::web::{self, Data, JsonConfig, PathConfig};
use actix_web::{App, Error};
use diesel::prelude::*;

use crate::db::{Pool, query};
use crate::error::AppError;
use crate::mail::Mailer;
use crate::{notes, users};

/// All that a handler can reach. There is no other way to the database or out of the process, so
/// whoever builds the application decides where its writes and its mail go.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    pub(crate) pool: Pool,
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
    App::new()
        .app_data(Data::new(state))
        .app_data(JsonConfig::default().error_handler(|error, _| AppError::unreadable(&error)))
        .app_data(PathConfig::default().error_handler(|_, _| AppError::Missing.into()))
        .route("/health", web::get().to(health))
        .configure(users::routes)
        .configure(notes::routes)
        .wrap(DefaultHeaders::new().add(("x-content-type-options", "nosniff")))
        .wrap(Logger::default())
}

/// The usual health check: it stays OK when nobody can sign up any more.
async fn health(state: Data<AppState>) -> Result<&'static str, AppError> {
    query!(state.pool, |connection| diesel::sql_query("SELECT 1")
        .execute(connection))?;
    Ok("OK\n")
}
