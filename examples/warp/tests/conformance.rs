//! The adapters' part of the conformance suite, on warp.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

use std::convert::Infallible;
use std::future::pending;
use std::io;

use bytes::{Buf, Bytes};
use futures_util::{Stream, TryStreamExt as _};
use http::{Request, StatusCode};
use smoke_conformance::adapter::{Broken, Feature, Served, Shop, Site, Stack, Visits, check};
use smoke_tower::smoke_core::AppBody;
use smoke_tower::{AppFactory, CalledBySmokeTest, Runner, SmokeLayer, SmokeRequest, SyncBody};
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceExt as _};
use warp::http::HeaderMap;
use warp::reply::{Reply, with_header, with_status};
use warp::{Filter, Rejection, any, get, path, post};

#[derive(Debug)]
struct Failed(Broken);

impl warp::reject::Reject for Failed {}

async fn handled(rejection: Rejection) -> Result<impl Reply, Infallible> {
    Ok(match rejection.find() {
        Some(Failed(error)) => with_status(
            format!("handled: {error}"),
            StatusCode::INTERNAL_SERVER_ERROR,
        ),
        None => with_status(Shop::NO_SUCH_PAGE.to_owned(), StatusCode::NOT_FOUND),
    })
}

/// The chunks of a body as they came.
fn whole(
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send + Sync + 'static,
) -> impl Stream<Item = Result<Bytes, warp::Error>> + Send + Sync + 'static {
    body.map_ok(|mut chunk| chunk.copy_to_bytes(chunk.remaining()))
}

fn whoami(
    shop: Shop,
    smoke: Option<SmokeRequest>,
    called: Option<CalledBySmokeTest>,
    headers: HeaderMap,
) -> String {
    let header = headers.contains_key(SmokeRequest::HEADER);
    shop.whoami(smoke.as_ref(), called.as_ref(), header)
}

fn application(
    shop: Shop,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone + Send + Sync + 'static {
    let visits = Visits::default();
    let shop = any().map(move || shop.clone());
    let at = |name: &'static str| path(name).and(path::end());
    let pages = get().and(
        at("hello")
            .and(shop.clone())
            .map(|shop: Shop| shop.hello())
            .or(at("visits").map(move || visits.next()))
            .unify()
            .or(at("whoami")
                .and(shop.clone())
                .and(warp::ext::optional())
                .and(warp::ext::optional())
                .and(warp::header::headers_cloned())
                .map(whoami))
            .unify()
            .or(at("broken").and(shop.clone()).and_then(async |shop: Shop| {
                shop.broken()
                    .map_err(|error| warp::reject::custom(Failed(error)))
            }))
            .unify()
            .or(at("panic").and(shop.clone()).map(|shop: Shop| shop.panic()))
            .unify(),
    );
    let stream = get().and(at("stream")).and(shop.clone()).map(|shop: Shop| {
        with_header(
            warp::reply::stream(shop.stream()),
            "content-type",
            "text/event-stream",
        )
    });
    let echo = post()
        .and(at("echo"))
        .and(warp::body::stream())
        .map(|body| warp::reply::stream(whole(body)));
    let rows = post().and(
        at("rows")
            .and(shop.clone())
            .map(|shop: Shop| shop.write())
            .or(at("keep").and(shop).map(|shop: Shop| shop.keep()))
            .unify()
            .or(at("careless").map(|| ()))
            .unify(),
    );
    let rows = rows.map(|()| StatusCode::CREATED);
    pages
        .or(stream)
        .or(echo)
        .or(rows)
        .recover(handled)
        .with(warp::reply::with::header("x-app", "yes"))
}

struct Warp;

impl Stack for Warp {
    async fn serve(&self, site: Site) -> io::Result<Served> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let layer = SmokeLayer::new(&site.runner);
        let prefix = site.prefix.as_deref().unwrap_or("/smoketest");
        let service = warp::service(application(site.shop));
        let service = layer.prefix(prefix).unwrap().layer(service);
        tokio::spawn(examples_support::serve(listener, service, pending()));
        Ok(Served::new(address, ()))
    }

    fn app(&self, runner: Runner) -> Option<AppFactory> {
        let layer = SmokeLayer::new(runner);
        Some(smoke_tower::app(move |shop: Shop| {
            let service = layer.layer(warp::service(application(shop)));
            service.map_request(|request: Request<AppBody>| request.map(SyncBody::new))
        }))
    }

    /// Warp upgrades to WebSockets alone, and its streams have no trailers.
    fn lacks(&self, feature: Feature) -> bool {
        matches!(feature, Feature::Trailers | Feature::Upgrades)
    }
}

#[tokio::test]
async fn the_stack_conforms() {
    check(Warp).await;
}
