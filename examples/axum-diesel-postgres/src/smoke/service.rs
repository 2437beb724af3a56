//! The service as it runs.

use diesel_async::SimpleAsyncConnection;
use smoke_axum::{Client, Provided, Result, ensure_lt, smoke_test};

use super::ProductionPool;

/// The pool still gives connections, and the server answers.
#[smoke_test(timeout = "6s")]
async fn the_pool_gives_a_connection(production: Provided<ProductionPool>) -> Result {
    let mut connection = production.0.get().await?;
    connection.batch_execute("SELECT 1").await?;
    Ok(())
}

/// Nobody waits for a connection.
#[smoke_test]
async fn the_pool_is_wide_enough(production: Provided<ProductionPool>) -> Result {
    ensure_lt!(production.0.status().waiting, 10);
    Ok(())
}

#[smoke_test]
async fn products_can_be_listed(client: Client) -> Result {
    client.get("/products").send().await?.ensure_status(200)?;
    Ok(())
}
