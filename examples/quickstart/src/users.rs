//! Users: sign up, look up, leave.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db;
use crate::error::AppError;
use crate::router::AppState;
use crate::schema::users;

#[derive(Debug, Deserialize, Identifiable, Queryable, Selectable, Serialize)]
pub(crate) struct User {
    pub(crate) id: i32,
    pub(crate) email: String,
    pub(crate) name: String,
}

#[derive(Debug, Deserialize, Insertable)]
#[diesel(table_name = users)]
pub(crate) struct NewUser {
    email: String,
    name: String,
}

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/users", get(list).post(create))
        .route("/users/{id}", get(show).delete(delete))
}

async fn list(State(state): State<AppState>) -> Result<Json<Vec<User>>, AppError> {
    let found = db::query(&state.pool, |connection| {
        users::table.order(users::id).limit(100).load(connection)
    });
    Ok(Json(found.await?))
}

async fn create(
    State(state): State<AppState>,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<User>), AppError> {
    Ok((StatusCode::CREATED, Json(sign_up(&state, new).await?)))
}

/// Adds a user, and welcomes them by mail.
pub(crate) async fn sign_up(state: &AppState, new: NewUser) -> Result<User, AppError> {
    if !new.email.contains('@') {
        return Err(AppError::Invalid("an e-mail address has an @"));
    }
    let user: User = db::query(&state.pool, move |connection| {
        diesel::insert_into(users::table)
            .values(&new)
            .get_result(connection)
    })
    .await?;
    state.mailer.welcome(&user.email).await;
    Ok(user)
}

async fn show(State(state): State<AppState>, Path(id): Path<i32>) -> Result<Json<User>, AppError> {
    Ok(Json(find(&state, id).await?))
}

/// The user with an id.
pub(crate) async fn find(state: &AppState, id: i32) -> Result<User, AppError> {
    db::query(&state.pool, move |connection| {
        users::table.find(id).first(connection)
    })
    .await
}

async fn delete(
    State(state): State<AppState>,
    Path(id): Path<i32>,
) -> Result<StatusCode, AppError> {
    let deleted = db::query(&state.pool, move |connection| {
        diesel::delete(users::table.find(id)).execute(connection)
    });
    match deleted.await? {
        0 => Err(AppError::Missing),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
