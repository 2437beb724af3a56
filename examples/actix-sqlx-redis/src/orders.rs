//! Orders of the user who is signed in.

use actix_web::web::{self, Data, Json, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::app::AppState;
use crate::error::AppError;
use crate::idempotency::Key;
use crate::mail::Mail;
use crate::outbox;
use crate::sessions::SignedIn;

#[derive(Debug, Deserialize, Serialize, sqlx::FromRow)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) item: String,
    pub(crate) quantity: i32,
}

#[derive(Debug, Deserialize, Serialize)]
struct NewOrder {
    item: String,
    quantity: i32,
}

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/orders", web::get().to(list))
        .route("/orders", web::post().to(place));
}

async fn list(
    state: Data<AppState>,
    SignedIn(user): SignedIn,
) -> Result<Json<Vec<Order>>, AppError> {
    let select = "SELECT id, item, quantity FROM orders WHERE user_id = $1 ORDER BY id LIMIT 100";
    let orders = sqlx::query_as(select).bind(user).fetch_all(&state.pool);
    Ok(Json(orders.await?))
}

/// The order, the mail about it and the key are one transaction: all of them, or nothing.
async fn place(
    state: Data<AppState>,
    SignedIn(user): SignedIn,
    request: HttpRequest,
    Json(new): Json<NewOrder>,
) -> Result<HttpResponse, AppError> {
    let key = Key {
        user,
        key: key(&request)?,
    };
    if !(1..=100).contains(&new.quantity) {
        return Err(AppError::Invalid("from 1 to 100 can be ordered"));
    }
    let mut transaction = state.pool.begin().await?;
    if let Some(before) = key.claim::<Order>(&mut transaction, &new).await? {
        return Ok(HttpResponse::Created().json(before));
    }
    let insert = "INSERT INTO orders (user_id, item, quantity) VALUES ($1, $2, $3) RETURNING id, item, quantity";
    let order: Order = sqlx::query_as(insert)
        .bind(user)
        .bind(new.item)
        .bind(new.quantity)
        .fetch_one(&mut *transaction)
        .await?;
    let recipient = sqlx::query_scalar("SELECT email FROM users WHERE id = $1")
        .bind(user)
        .fetch_one(&mut *transaction)
        .await?;
    let mail = Mail {
        recipient,
        subject: format!("Your order {}", order.id),
        body: format!("{} {}", order.quantity, order.item),
    };
    outbox::leave(&mut transaction, &mail).await?;
    key.answered(&mut transaction, &order).await?;
    transaction.commit().await?;
    Ok(HttpResponse::Created().json(order))
}

fn key(request: &HttpRequest) -> Result<&str, AppError> {
    let key = request.headers().get("idempotency-key");
    match key.map(|key| key.to_str()) {
        Some(Ok(key)) if (1..=100).contains(&key.len()) => Ok(key),
        _ => Err(AppError::Invalid(
            "the header Idempotency-Key has to hold 1 to 100 characters",
        )),
    }
}
