//! Notes of users.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::app::AppState;
use crate::db::query;
use crate::error::AppError;
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

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/users/{id}/notes", web::get().to(list))
        .route("/users/{id}/notes", web::post().to(create));
}

async fn list(state: Data<AppState>, user: Path<i32>) -> Result<Json<Vec<Note>>, AppError> {
    let found = query!(state.pool, |connection| notes::table
        .filter(notes::user_id.eq(*user))
        .order(notes::id)
        .limit(1000)
        .load(connection))?;
    Ok(Json(found))
}

async fn create(
    state: Data<AppState>,
    user: Path<i32>,
    new: Json<NewNote>,
) -> Result<HttpResponse, AppError> {
    let note: Note = query!(state.pool, |connection| diesel::insert_into(notes::table)
        .values((notes::user_id.eq(*user), notes::text.eq(&new.text)))
        .get_result(connection))?;
    Ok(HttpResponse::Created().json(note))
}
