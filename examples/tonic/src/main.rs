//! A gRPC service that carries its own smoke tests: `cargo run -p tonic-example`.

mod prices;
mod smoke;

use anyhow::{Context as _, Result};
use examples_support::Prices;
use smoke_tower::{Runner, SmokeLayer};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::transport::server::TcpConnectInfo;

#[tokio::main]
async fn main() -> Result<()> {
    let catalogue = Prices::of_today();
    let runner = Runner::new(smoke::registry(catalogue.clone()));
    let listener = examples_support::listen().await?;
    let told_to_end = examples_support::told_to_end()?;
    runner.start();
    Server::builder()
        // Probers and curl speak HTTP/1.1.
        .accept_http1(true)
        .layer(SmokeLayer::new(&runner).peer(|extensions| {
            let connection: &TcpConnectInfo = extensions.get()?;
            connection.remote_addr()
        }))
        .add_routes(prices::routes(catalogue).add_service(smoke_tonic::health(&runner)))
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), async move {
            told_to_end.await;
            runner.drain(examples_support::DRAIN).await;
            runner.shutdown().await;
        })
        .await
        .context("failed to serve")
}
