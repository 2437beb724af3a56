//! The adapters' part of the conformance suite, on poem.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

#[path = "../src/endpoint.rs"]
mod endpoint;
#[path = "../src/in_process.rs"]
mod in_process;

use std::io;

use http_body_util::BodyExt as _;
use poem::endpoint::{BoxEndpoint, make, make_sync};
use poem::error::NotFoundError;
use poem::http::StatusCode;
use poem::listener::TcpAcceptor;
use poem::middleware::SetHeader;
use poem::{
    Body, Endpoint, EndpointExt as _, IntoResponse, Request, Response, Route, Server, get, post,
};
use smoke_conformance::adapter::{Served, Shop, Site, Stack, Visits, check};
use smoke_tower::{AppFactory, CalledBySmokeTest, Runner, SmokeRequest, SmokeService};
use tokio::net::TcpListener;

/// An endpoint of a function of the shop and the request.
fn page<T: IntoResponse + Sync + 'static>(
    shop: &Shop,
    answer: impl Fn(&Shop, Request) -> poem::Result<T> + Send + Sync + 'static,
) -> impl Endpoint<Output = T> + 'static {
    let shop = shop.clone();
    make_sync(move |request| answer(&shop, request))
}

fn writing(shop: &Shop, write: fn(&Shop)) -> impl Endpoint<Output = StatusCode> + 'static {
    page(shop, move |shop, _| {
        write(shop);
        Ok(StatusCode::CREATED)
    })
}

async fn handled(error: poem::Error) -> Response {
    match error.is::<NotFoundError>() {
        true => Shop::NO_SUCH_PAGE
            .with_status(StatusCode::NOT_FOUND)
            .into_response(),
        false => format!("handled: {error}")
            .with_status(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
    }
}

fn stream(shop: &Shop) -> Response {
    let body = shop.stream().map_err(|never| match never {});
    let answer = Response::builder().header("content-type", "text/event-stream");
    answer
        .header("trailer", "x-chunks")
        .body(Body::from(body.boxed()))
}

async fn shout(request: Request) -> poem::Result<Response> {
    let upgrade = request.take_upgrade()?;
    tokio::spawn(async move { Shop::shout(upgrade.await.unwrap()).await });
    let answer = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
    Ok(answer
        .header("connection", "upgrade")
        .header("upgrade", "shout")
        .finish())
}

fn application(shop: &Shop) -> impl Endpoint<Output = Response> + 'static {
    let visits = Visits::default();
    let whoami = |shop: &Shop, request: Request| {
        let (extensions, headers) = (request.extensions(), request.headers());
        Ok(shop.whoami(
            extensions.get::<SmokeRequest>(),
            extensions.get::<CalledBySmokeTest>(),
            headers.contains_key(SmokeRequest::HEADER),
        ))
    };
    Route::new()
        .at("/hello", get(page(shop, |shop, _| Ok(shop.hello()))))
        .at("/whoami", get(page(shop, whoami)))
        .at("/visits", get(make_sync(move |_| visits.next())))
        .at("/echo", post(make_sync(Request::into_body)))
        .at("/stream", get(page(shop, |shop, _| Ok(stream(shop)))))
        .at("/rows", post(writing(shop, Shop::write)))
        .at("/keep", post(writing(shop, Shop::keep)))
        .at("/careless", post(make_sync(|_| StatusCode::CREATED)))
        .at(
            "/broken",
            get(page(shop, |shop, _| {
                shop.broken().map_err(poem::error::InternalServerError)
            })),
        )
        .at("/panic", get(page(shop, |shop, _| Ok(shop.panic()))))
        .at("/shout", get(make(shout)))
        .catch_all_error(handled)
        .with(SetHeader::new().overriding("x-app", "yes"))
        .map_to_response()
}

fn routes(runner: &Runner, prefix: &str, shop: &Shop) -> BoxEndpoint<'static> {
    let smoke_tests = SmokeService::new(runner).prefix(prefix).unwrap();
    endpoint::with_smoke_tests(application(shop), smoke_tests)
        .map_to_response()
        .boxed()
}

struct Poem;

impl Stack for Poem {
    async fn serve(&self, site: Site) -> io::Result<Served> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let prefix = site.prefix.as_deref().unwrap_or("/smoketest");
        let routes = routes(&site.runner, prefix, &site.shop);
        let server = Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?);
        tokio::spawn(server.run(routes));
        Ok(Served::new(address, ()))
    }

    fn app(&self, runner: Runner) -> Option<AppFactory> {
        Some(smoke_tower::app(move |shop: Shop| {
            in_process::service(routes(&runner, "/smoketest", &shop))
        }))
    }
}

#[tokio::test]
async fn the_stack_conforms() {
    check(Poem).await;
}
