//! Tower services behind hyper's server.

use std::convert::Infallible;
use std::io;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use smoke_conformance::adapter::{Served, Shop, Site, Stack};
use smoke_tower::{AppFactory, Runner, SmokeLayer, app};
use tokio::net::TcpListener;
use tower::{Layer, Service, ServiceExt};

use crate::application::{BoxError, application};

/// The layer around the application.
pub(crate) struct Layered;

impl Stack for Layered {
    async fn serve(&self, site: Site) -> io::Result<Served> {
        let layer = SmokeLayer::new(&site.runner);
        let layer = match &site.prefix {
            Some(prefix) => layer.prefix(prefix).unwrap(),
            None => layer,
        };
        serve(layer.layer(application(site.shop))).await
    }

    fn app(&self, runner: Runner) -> Option<AppFactory> {
        let layer = SmokeLayer::new(runner);
        Some(app(move |shop: Shop| layer.layer(application(shop))))
    }
}

pub(crate) async fn serve<S, B>(service: S) -> io::Result<Served>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data = bytes::Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let named = service.clone().map_request(move |mut request: Request<_>| {
                request.extensions_mut().insert(peer);
                request
            });
            let service = TowerToHyperService::new(named);
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection.with_upgrades());
        }
    });
    Ok(Served::new(address, ()))
}
