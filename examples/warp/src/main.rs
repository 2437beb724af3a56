//! A service on warp that carries its own smoke tests: `cargo run -p warp-example`.

mod shop;
mod smoke;

use anyhow::Result;
use examples_support::Prices;
use smoke_tower::{Runner, SmokeLayer};
use tower::Layer as _;

#[tokio::main]
async fn main() -> Result<()> {
    let prices = Prices::of_today();
    let runner = Runner::new(smoke::registry(prices.clone()));
    let service = SmokeLayer::new(&runner).layer(warp::service(shop::routes(prices)));

    let listener = examples_support::listen().await?;
    let told_to_end = examples_support::told_to_end()?;
    // `warp::serve` takes no layers: a service is served by hyper.
    examples_support::serve(listener, service, async move {
        told_to_end.await;
        runner.drain(examples_support::DRAIN).await;
        runner.shutdown().await;
    })
    .await;
    Ok(())
}
