//! Users: sign up, look up, leave.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::app::AppState;
use crate::db::query;
use crate::error::AppError;
use crate::schema::users;

#[derive(Debug, Deserialize, Identifiable, Queryable, Selectable, Serialize)]
pub(crate) struct User {
    pub(crate) id: i32,
    pub(crate) email: String,
    pub(crate) name: String,
}

#[derive(Debug, Deserialize, Insertable)]
#[diesel(table_name = users)]
struct NewUser {
    email: String,
    name: String,
}

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/users", web::get().to(list))
        .route("/users", web::post().to(create))
        .route("/users/{id}", web::get().to(show))
        .route("/users/{id}", web::delete().to(delete));
}

async fn list(state: Data<AppState>) -> Result<Json<Vec<User>>, AppError> {
    let found = query!(state.pool, |connection| users::table
        .order(users::id)
        .limit(100)
        .load(connection))?;
    Ok(Json(found))
}

async fn create(state: Data<AppState>, new: Json<NewUser>) -> Result<HttpResponse, AppError> {
    if !new.email.contains('@') {
        return Err(AppError::Invalid("an e-mail address has an @"));
    }
    let user: User = query!(state.pool, |connection| diesel::insert_into(users::table)
        .values(&*new)
        .get_result(connection))?;
    state.mailer.welcome(&user.email);
    Ok(HttpResponse::Created().json(user))
}

async fn show(state: Data<AppState>, id: Path<i32>) -> Result<Json<User>, AppError> {
    let found = query!(state.pool, |connection| users::table
        .find(*id)
        .first(connection))?;
    Ok(Json(found))
}

async fn delete(state: Data<AppState>, id: Path<i32>) -> Result<HttpResponse, AppError> {
    let deleted = query!(state.pool, |connection| diesel::delete(
        users::table.find(*id)
    )
    .execute(connection))?;
    match deleted {
        0 => Err(AppError::Missing),
        _ => Ok(HttpResponse::NoContent().finish()),
    }
}
