//! A service on plain hyper that carries its own smoke tests: `cargo run -p hyper-example`.

mod shop;
mod smoke;

use anyhow::Result;
use examples_support::Prices;
use smoke_tower::{Runner, SmokeLayer};
use tower::{Layer as _, service_fn};

#[tokio::main]
async fn main() -> Result<()> {
    let prices = Prices::of_today();
    let runner = Runner::new(smoke::registry(prices.clone()));
    let routes = service_fn(move |request| shop::answer(prices.clone(), request));
    // The one line.
    let service = SmokeLayer::new(&runner).layer(routes);

    let listener = examples_support::listen().await?;
    let told_to_end = examples_support::told_to_end()?;
    examples_support::serve(listener, service, async move {
        told_to_end.await;
        runner.drain(examples_support::DRAIN).await;
        runner.shutdown().await;
    })
    .await;
    Ok(())
}
