//! The routes, and nothing that lives on its own.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue, QueryOrder as _, QuerySelect as _, SqlErr, TransactionTrait as _};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, DeriveEntityModel, Deserialize, PartialEq, Eq, Serialize)]
#[sea_orm(table_name = "users")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i32,
    pub(crate) email: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[derive(Debug, Deserialize)]
struct NewUser {
    email: String,
}

pub(crate) fn router(db: DatabaseConnection) -> Router {
    Router::new()
        .route("/users", get(list).post(create))
        .route("/users/{id}", get(show))
        .with_state(db)
}

async fn list(State(db): State<DatabaseConnection>) -> Result<Json<Vec<Model>>, AppError> {
    let users = Entity::find().order_by_asc(Column::Id).limit(100);
    Ok(Json(users.all(&db).await?))
}

async fn create(
    State(db): State<DatabaseConnection>,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<Model>), AppError> {
    let user = ActiveModel {
        id: ActiveValue::NotSet,
        email: ActiveValue::Set(new.email),
    };
    let transaction = db.begin().await?;
    let user = user.insert(&transaction).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(user)))
}

async fn show(
    State(db): State<DatabaseConnection>,
    Path(id): Path<i32>,
) -> Result<Json<Model>, AppError> {
    let user = Entity::find_by_id(id).one(&db).await?;
    Ok(Json(user.ok_or(DbErr::RecordNotFound(id.to_string()))?))
}

/// What goes wrong in a handler.
struct AppError(DbErr);

impl From<DbErr> for AppError {
    fn from(error: DbErr) -> Self {
        Self(error)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        match (self.0.sql_err(), self.0) {
            (_, DbErr::RecordNotFound(_)) => (StatusCode::NOT_FOUND, "not found\n".to_owned()),
            (Some(SqlErr::UniqueConstraintViolation(_)), _) => {
                (StatusCode::CONFLICT, "it exists already\n".to_owned())
            }
            (_, error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        }
        .into_response()
    }
}
