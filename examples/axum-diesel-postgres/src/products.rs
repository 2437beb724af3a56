//! Products and how many of them there are.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::router::AppState;
use crate::schema::products;

#[derive(Debug, Deserialize, Identifiable, Queryable, Serialize)]
pub(crate) struct Product {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) stock: i32,
}

#[derive(Debug, Deserialize, Insertable)]
#[diesel(table_name = products)]
struct NewProduct {
    name: String,
    stock: i32,
}

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/products", get(list).post(create))
        .route("/products/{id}", get(show))
}

async fn list(State(state): State<AppState>) -> Result<Json<Vec<Product>>, AppError> {
    let mut connection = state.pool.get().await?;
    let found = products::table.order(products::id).limit(100);
    Ok(Json(found.load(&mut connection).await?))
}

async fn create(
    State(state): State<AppState>,
    Json(new): Json<NewProduct>,
) -> Result<(StatusCode, Json<Product>), AppError> {
    if new.stock < 0 {
        return Err(AppError::Invalid("the stock is negative"));
    }
    let mut connection = state.pool.get().await?;
    let product = diesel::insert_into(products::table)
        .values(&new)
        .get_result(&mut connection)
        .await?;
    Ok((StatusCode::CREATED, Json(product)))
}

async fn show(
    State(state): State<AppState>,
    Path(id): Path<i64>,
) -> Result<Json<Product>, AppError> {
    let mut connection = state.pool.get().await?;
    let found = products::table.find(id).first(&mut connection).await?;
    Ok(Json(found))
}
