//! A service on poem that carries its own smoke tests: `cargo run -p poem-example`.

mod endpoint;
mod in_process;
mod shop;
mod smoke;

use std::time::Duration;

use anyhow::{Context as _, Result};
use examples_support::Prices;
use poem::Server;
use poem::listener::TcpAcceptor;
use smoke_tower::{Runner, SmokeService};

#[tokio::main]
async fn main() -> Result<()> {
    let prices = Prices::of_today();
    let runner = Runner::new(smoke::registry(prices.clone()));
    let smoke_tests = SmokeService::new(&runner);
    let routes = endpoint::with_smoke_tests(shop::routes(prices), smoke_tests);

    let listener = examples_support::listen().await?;
    let told_to_end = examples_support::told_to_end()?;
    let end = async move {
        told_to_end.await;
        runner.drain(examples_support::DRAIN).await;
        runner.shutdown().await;
    };
    Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?)
        .run_with_graceful_shutdown(routes, end, Some(Duration::from_secs(5)))
        .await
        .context("failed to serve")
}
