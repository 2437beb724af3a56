//! The adapters' part of the conformance suite, on tonic's server.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

#[path = "../../../smoke-tower/tests/conformance/application.rs"]
mod application;

use std::io;

use application::application;
use smoke_conformance::adapter::{Feature, Served, Shop, Site, Stack, check};
use smoke_tower::{AppFactory, Runner, SmokeLayer};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::transport::server::TcpConnectInfo;
use tower::Layer as _;

struct Tonic;

impl Stack for Tonic {
    async fn serve(&self, site: Site) -> io::Result<Served> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let layer = SmokeLayer::new(&site.runner)
            .peer(|extensions| extensions.get::<TcpConnectInfo>()?.remote_addr());
        let prefix = site.prefix.as_deref().unwrap_or("/smoketest");
        let server = Server::builder()
            .accept_http1(true)
            .layer(layer.prefix(prefix).unwrap())
            .serve_with_incoming(application(site.shop), TcpListenerStream::new(listener));
        tokio::spawn(server);
        Ok(Served::new(address, ()))
    }

    fn app(&self, runner: Runner) -> Option<AppFactory> {
        let layer = SmokeLayer::new(runner);
        Some(smoke_tower::app(move |shop: Shop| {
            layer.layer(application(shop))
        }))
    }

    /// tonic's server keeps connections to itself.
    fn lacks(&self, feature: Feature) -> bool {
        feature == Feature::Upgrades
    }
}

#[tokio::test]
async fn the_stack_conforms() {
    check(Tonic).await;
}
