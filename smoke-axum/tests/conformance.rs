//! The adapters' part of the conformance suite, for each way to add the endpoint.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::io;
use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, ServiceExt};
use hyper_util::rt::TokioIo;
use smoke_axum::{
    AppFactory, CalledBySmokeTest, Runner, SmokeLayer, SmokeRequest, app, routes, routes_at,
    service_app,
};
use smoke_conformance::adapter::{Broken, Feature, Served, Shop, Site, Stack, Visits, check};
use tokio::net::TcpListener;
use tower::Layer;

/// What the application's handlers return where they fail.
struct AppError(Broken);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("handled: {}", self.0),
        )
            .into_response()
    }
}

async fn mark(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert("x-app", "yes".parse().unwrap());
    response
}

async fn stream(State(shop): State<Shop>) -> Response {
    let headers = [
        ("content-type", "text/event-stream"),
        ("trailer", "x-chunks"),
    ];
    (headers, Body::new(shop.stream())).into_response()
}

async fn written(State(shop): State<Shop>) -> StatusCode {
    shop.write();
    StatusCode::CREATED
}

async fn kept(State(shop): State<Shop>) -> StatusCode {
    shop.keep();
    StatusCode::CREATED
}

async fn whoami(State(shop): State<Shop>, request: Request) -> String {
    let (extensions, headers) = (request.extensions(), request.headers());
    shop.whoami(
        extensions.get::<SmokeRequest>(),
        extensions.get::<CalledBySmokeTest>(),
        headers.contains_key(SmokeRequest::HEADER),
    )
}

async fn shout(mut request: Request) -> Response {
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move { Shop::shout(TokioIo::new(upgraded.await.unwrap())).await });
    let headers = [("connection", "upgrade"), ("upgrade", "shout")];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn router(shop: Shop) -> Router {
    let visits = Visits::default();
    Router::new()
        .route("/hello", get(async |State(shop): State<Shop>| shop.hello()))
        .route("/echo", post(async |body: Body| body))
        .route("/stream", get(stream))
        .route("/whoami", get(whoami))
        .route("/visits", get(async move || visits.next()))
        .route("/rows", post(written))
        .route("/keep", post(kept))
        .route("/careless", post(async || StatusCode::CREATED))
        .route(
            "/broken",
            get(async |State(shop): State<Shop>| shop.broken().map_err(AppError)),
        )
        .route("/panic", get(async |State(shop): State<Shop>| shop.panic()))
        .route("/shout", get(shout))
        .fallback(async || (StatusCode::NOT_FOUND, Shop::NO_SUCH_PAGE))
        .layer(map_response(mark))
        .with_state(shop)
}

/// How the endpoint is added to the routes.
#[derive(Clone, Copy)]
enum Way {
    LastLayer,
    LayerAround,
    MergedRoutes,
}

fn layer(runner: &Runner, prefix: Option<&str>) -> SmokeLayer {
    let layer = SmokeLayer::new(runner);
    match prefix {
        Some(prefix) => layer.prefix(prefix).unwrap(),
        None => layer,
    }
}

fn merged(shop: Shop, runner: &Runner, prefix: Option<&str>) -> Router {
    router(shop).merge(match prefix {
        Some(prefix) => routes_at(prefix, runner).unwrap(),
        None => routes(runner),
    })
}

impl Stack for Way {
    async fn serve(&self, site: Site) -> io::Result<Served> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (runner, prefix, shop) = (&site.runner, site.prefix.as_deref(), site.shop);
        match self {
            Self::LastLayer => {
                let app = router(shop).layer(layer(runner, prefix));
                let app = app.into_make_service_with_connect_info::<SocketAddr>();
                tokio::spawn(axum::serve(listener, app).into_future());
            }
            Self::LayerAround => {
                let app = layer(runner, prefix).layer(router(shop));
                let app =
                    ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(app);
                tokio::spawn(axum::serve(listener, app).into_future());
            }
            Self::MergedRoutes => {
                let app = merged(shop, runner, prefix);
                let app = app.into_make_service_with_connect_info::<SocketAddr>();
                tokio::spawn(axum::serve(listener, app).into_future());
            }
        }
        Ok(Served::new(address, ()))
    }

    fn app(&self, runner: Runner) -> Option<AppFactory> {
        Some(match self {
            Self::LastLayer => app(move |shop: Shop| router(shop).layer(layer(&runner, None))),
            Self::LayerAround => {
                service_app(move |shop: Shop| layer(&runner, None).layer(router(shop)))
            }
            Self::MergedRoutes => app(move |shop: Shop| merged(shop, &runner, None)),
        })
    }

    fn lacks(&self, feature: Feature) -> bool {
        matches!((self, feature), (Self::MergedRoutes, Feature::SmokeHeader))
    }
}

#[tokio::test]
async fn a_layer_as_the_last_call_conforms() {
    check(Way::LastLayer).await;
}

#[tokio::test]
async fn a_layer_around_the_router_conforms() {
    check(Way::LayerAround).await;
}

#[tokio::test]
async fn merged_routes_conform() {
    check(Way::MergedRoutes).await;
}
