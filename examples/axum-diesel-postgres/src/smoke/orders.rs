//! Orders, placed through the shop's own handlers. All of it is rolled back.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;
use smoke_axum::{Client, Response, Result, Sandbox, Unique, ensure_eq, smoke_suite};

use crate::db::Pool;
use crate::orders::Order;
use crate::products::Product;
use crate::schema::orders;

/// A product of the test's own: an order for a real one would hold a lock on its row, and a
/// customer would wait for that.
struct Orders {
    product: Product,
}

#[smoke_suite(tags("orders"))]
impl Orders {
    #[set_up]
    async fn stock_up(client: Client, unique: Unique) -> Result<Self> {
        let new = json!({ "name": unique.name(), "stock": 3 });
        let answer = client.post("/products").json(&new).send().await?;
        let product = answer.ensure_status(201)?.json()?;
        Ok(Self { product })
    }

    #[smoke_test]
    async fn take_from_the_stock(&self, client: Client, db: Sandbox<Pool>) -> Result {
        let order: Order = self.order(&client, 2).await?.ensure_status(201)?.json()?;
        ensure_eq!(self.stock(&client).await?, 1);
        // The sandbox has one connection: this block gives it back before the next request.
        {
            let mut connection = db.get().await?;
            let quantity: i32 = orders::table
                .find(order.id)
                .select(orders::quantity)
                .first(&mut connection)
                .await?;
            ensure_eq!(quantity, 2);
        }
        self.order(&client, 1).await?.ensure_status(201)?;
        ensure_eq!(self.stock(&client).await?, 0);
        Ok(())
    }

    /// The transaction of a refused order leaves nothing behind, in the sandbox as elsewhere.
    #[smoke_test]
    async fn beyond_the_stock_are_refused(&self, client: Client, db: Sandbox<Pool>) -> Result {
        self.order(&client, 4).await?.ensure_status(409)?;
        ensure_eq!(self.stock(&client).await?, 3);
        let mut connection = db.get().await?;
        let placed: i64 = orders::table
            .filter(orders::product_id.eq(self.product.id))
            .count()
            .get_result(&mut connection)
            .await?;
        ensure_eq!(placed, 0);
        Ok(())
    }

    #[smoke_test(slow)]
    async fn can_be_many(&self, client: Client, unique: Unique) -> Result {
        tracing::info!("placing many orders");
        let new = json!({ "name": unique.name(), "stock": 20 });
        let answer = client.post("/products").json(&new).send().await?;
        let product = answer.ensure_status(201)?.json()?;
        let many = Self { product };
        for _ in 0..20 {
            many.order(&client, 1).await?.ensure_status(201)?;
        }
        ensure_eq!(many.stock(&client).await?, 0);
        Ok(())
    }

    async fn order(&self, client: &Client, quantity: i32) -> Result<Response> {
        let order = json!({ "product_id": self.product.id, "quantity": quantity });
        Ok(client.post("/orders").json(&order).send().await?)
    }

    async fn stock(&self, client: &Client) -> Result<i32> {
        let path = format!("/products/{}", self.product.id);
        let answer = client.get(&path).send().await?.ensure_status(200)?;
        Ok(answer.json::<Product>()?.stock)
    }
}
