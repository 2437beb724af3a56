//! Orders, which take from the stock.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::router::AppState;
use crate::schema::{orders, products};

#[derive(Debug, Deserialize, Identifiable, Queryable, Serialize)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) product_id: i64,
    pub(crate) quantity: i32,
}

#[derive(Debug, Deserialize, Insertable)]
#[diesel(table_name = orders)]
struct NewOrder {
    product_id: i64,
    quantity: i32,
}

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/orders", post(create))
}

/// Places an order and takes from the stock, both or neither.
///
/// Under a smoke test this transaction is a savepoint within the sandbox's.
async fn create(
    State(state): State<AppState>,
    Json(new): Json<NewOrder>,
) -> Result<(StatusCode, Json<Order>), AppError> {
    if new.quantity <= 0 {
        return Err(AppError::Invalid("an order is for one piece or more"));
    }
    let mut connection = state.pool.get().await?;
    let order = connection
        .transaction(async |connection| {
            let order = diesel::insert_into(orders::table)
                .values(&new)
                .get_result(connection)
                .await?;
            let enough = products::table
                .find(new.product_id)
                .filter(products::stock.ge(new.quantity));
            let taken = diesel::update(enough)
                .set(products::stock.eq(products::stock - new.quantity))
                .execute(connection)
                .await?;
            if taken == 0 {
                return Err(AppError::Conflict("there are not enough of it"));
            }
            Ok(order)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(order)))
}
