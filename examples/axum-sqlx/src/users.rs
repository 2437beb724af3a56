//! The routes, and nothing that lives on its own.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;

#[derive(Debug, Deserialize, Serialize, sqlx::FromRow)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) email: String,
}

#[derive(Debug, Deserialize)]
struct NewUser {
    email: String,
}

pub(crate) fn router(pool: SqlitePool) -> Router {
    Router::new()
        .route("/users", get(list).post(create))
        .route("/users/{id}", get(show))
        .with_state(pool)
}

async fn list(State(pool): State<SqlitePool>) -> Result<Json<Vec<User>>, AppError> {
    let users = sqlx::query_as("SELECT id, email FROM users ORDER BY id LIMIT 100");
    Ok(Json(users.fetch_all(&pool).await?))
}

async fn create(
    State(pool): State<SqlitePool>,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<User>), AppError> {
    let mut transaction = pool.begin().await?;
    let user = sqlx::query_as("INSERT INTO users (email) VALUES (?) RETURNING id, email")
        .bind(new.email)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(user)))
}

async fn show(State(pool): State<SqlitePool>, Path(id): Path<i64>) -> Result<Json<User>, AppError> {
    let user = sqlx::query_as("SELECT id, email FROM users WHERE id = ?").bind(id);
    Ok(Json(user.fetch_one(&pool).await?))
}

/// What goes wrong in a handler.
struct AppError(sqlx::Error);

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let exists = |error: &sqlx::Error| {
            let error = error.as_database_error();
            error.is_some_and(sqlx::error::DatabaseError::is_unique_violation)
        };
        match self.0 {
            sqlx::Error::RowNotFound => (StatusCode::NOT_FOUND, "not found\n".to_owned()),
            error if exists(&error) => (StatusCode::CONFLICT, "it exists already\n".to_owned()),
            error => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        }
        .into_response()
    }
}
