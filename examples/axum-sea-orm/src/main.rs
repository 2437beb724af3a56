//! A service on axum and SeaORM that carries its own smoke tests: `cargo run -p axum-sea-orm`.

mod db;
mod smoke;
mod users;

use anyhow::Result;
use smoke_axum::{Runner, SmokeLayer};

#[tokio::main]
async fn main() -> Result<()> {
    let db = db::open().await?;
    let runner = Runner::new(smoke::registry(&db));
    // Last: a route or a fallback that is added later would not be behind the layer.
    let app = users::router(db).layer(SmokeLayer::new(&runner));

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
