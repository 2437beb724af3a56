//! Notes of users.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db;
use crate::error::AppError;
use crate::router::AppState;
use crate::schema::notes;

#[derive(Debug, Deserialize, Identifiable, Queryable, Selectable, Serialize)]
pub(crate) struct Note {
    pub(crate) id: i32,
    pub(crate) user_id: i32,
    pub(crate) text: String,
}

#[derive(Debug, Deserialize)]
struct NewNote {
    text: String,
}

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/users/{id}/notes", get(list).post(create))
}

async fn list(
    State(state): State<AppState>,
    Path(user): Path<i32>,
) -> Result<Json<Vec<Note>>, AppError> {
    let found = db::query(&state.pool, move |connection| {
        notes::table
            .filter(notes::user_id.eq(user))
            .order(notes::id)
            .limit(1000)
            .load(connection)
    });
    Ok(Json(found.await?))
}

async fn create(
    State(state): State<AppState>,
    Path(user): Path<i32>,
    Json(new): Json<NewNote>,
) -> Result<(StatusCode, Json<Note>), AppError> {
    let note = db::query(&state.pool, move |connection| {
        diesel::insert_into(notes::table)
            .values((notes::user_id.eq(user), notes::text.eq(new.text)))
            .get_result(connection)
    });
    Ok((StatusCode::CREATED, Json(note.await?)))
}
