//! A service on axum and sqlx that carries its own smoke tests: `cargo run -p axum-sqlx`.

mod db;
mod smoke;
mod users;

use anyhow::Result;
use smoke_axum::{Runner, SmokeLayer};

#[tokio::main]
async fn main() -> Result<()> {
    let pool = db::open().await?;
    let runner = Runner::new(smoke::registry(&pool));
    // Last: a route or a fallback that is added later would not be behind the layer.
    let app = users::router(pool).layer(SmokeLayer::new(&runner));

    let listener = examples_support::listen().await?;
    let told_to_end = examples_support::told_to_end()?;
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            told_to_end.await;
            runner.drain(examples_support::DRAIN).await;
            runner.shutdown().await;
        })
        .await?;
    Ok(())
}
