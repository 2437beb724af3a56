//! Users: sign up, sign in, sign out.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, ServiceConfig};
use serde::{Deserialize, Serialize};

use crate::app::AppState;
use crate::error::AppError;
use crate::mail::Mail;
use crate::password;
use crate::sessions::SignedIn;

#[derive(Clone, Debug, Deserialize, Serialize, sqlx::FromRow)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) email: String,
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/users", web::post().to(sign_up))
        .route("/session", web::post().to(sign_in))
        .route("/session", web::delete().to(sign_out))
        .route("/me", web::get().to(me));
}

async fn sign_up(
    state: Data<AppState>,
    Json(new): Json<Credentials>,
) -> Result<HttpResponse, AppError> {
    if !new.email.contains('@') {
        return Err(AppError::Invalid("that is no address"));
    }
    if new.password.len() < 8 {
        return Err(AppError::Invalid(
            "a password has eight characters at least",
        ));
    }
    let hash = password::hash(new.password).await?;
    let insert = "INSERT INTO users (email, password) VALUES ($1, $2) RETURNING id, email";
    let user: User = sqlx::query_as(insert)
        .bind(new.email)
        .bind(hash)
        .fetch_one(&state.pool)
        .await?;
    let mail = Mail {
        recipient: user.email.clone(),
        subject: "Welcome".to_owned(),
        body: "The shop is open.".to_owned(),
    };
    // Who signed up is a user, also without a welcome.
    if let Err(error) = state.mailer.send(&mail).await {
        tracing::error!("failed to send a welcome: {error}");
    }
    Ok(HttpResponse::Created().json(user))
}

async fn sign_in(
    state: Data<AppState>,
    session: Session,
    Json(given): Json<Credentials>,
) -> Result<HttpResponse, AppError> {
    let found = sqlx::query_as("SELECT id, password FROM users WHERE email = $1")
        .bind(given.email)
        .fetch_optional(&state.pool);
    let Some((id, hash)): Option<(i64, String)> = found.await? else {
        // As long as a wrong password takes: the time does not tell who is a user.
        password::hash(given.password).await?;
        return Err(AppError::SignedOut);
    };
    if !password::is_of(given.password, hash).await? {
        return Err(AppError::SignedOut);
    }
    SignedIn::begin(&session, id)?;
    Ok(HttpResponse::NoContent().finish())
}

async fn sign_out(session: Session) -> HttpResponse {
    session.purge();
    HttpResponse::NoContent().finish()
}

async fn me(state: Data<AppState>, SignedIn(id): SignedIn) -> Result<Json<User>, AppError> {
    let found = sqlx::query_as("SELECT id, email FROM users WHERE id = $1").bind(id);
    let user = found.fetch_optional(&state.pool).await?;
    user.map(Json).ok_or(AppError::SignedOut)
}
