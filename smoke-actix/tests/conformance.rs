//! The adapters' part of the conformance suite, for each way to add the endpoint.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::io;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, Responder, ResponseError};
use smoke_actix::{
    AppFactory, CalledBySmokeTest, Runner, Smoke, SmokeRequest, app, routes, routes_at,
};
use smoke_conformance::adapter::{Broken, Feature, Served, Shop, Site, Stack, Visits, check};
use support::Server;

/// What the application's handlers return where they fail.
#[derive(Debug)]
struct AppError(Broken);

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "handled: {}", self.0)
    }
}

impl ResponseError for AppError {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::InternalServerError().body(self.to_string())
    }
}

async fn mark(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    let mut response = next.call(request).await?;
    let (name, value) = (
        HeaderName::from_static("x-app"),
        HeaderValue::from_static("yes"),
    );
    response.headers_mut().insert(name, value);
    Ok(response)
}

async fn echo(body: Payload) -> impl Responder {
    HttpResponse::Ok().streaming(body)
}

async fn streamed(shop: Data<Shop>) -> impl Responder {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(shop.stream())
}

async fn written(shop: Data<Shop>) -> impl Responder {
    shop.write();
    HttpResponse::Created()
}

async fn kept(shop: Data<Shop>) -> impl Responder {
    shop.keep();
    HttpResponse::Created()
}

async fn whoami(shop: Data<Shop>, request: HttpRequest) -> impl Responder {
    let (extensions, headers) = (request.extensions(), request.headers());
    shop.whoami(
        extensions.get::<SmokeRequest>(),
        extensions.get::<CalledBySmokeTest>(),
        headers.contains_key(SmokeRequest::HEADER),
    )
}

async fn broken(shop: Data<Shop>) -> Result<String, AppError> {
    shop.broken().map_err(AppError)
}

fn pages(shop: &Data<Shop>, visits: &Data<Visits>) -> impl FnOnce(&mut ServiceConfig) {
    let (shop, visits) = (shop.clone(), visits.clone());
    |config| {
        config
            .app_data(shop)
            .app_data(visits)
            .route(
                "/hello",
                web::get().to(async |shop: Data<Shop>| shop.hello()),
            )
            .route("/echo", web::post().to(echo))
            .route("/stream", web::get().to(streamed))
            .route("/whoami", web::get().to(whoami))
            .route(
                "/visits",
                web::get().to(async |visits: Data<Visits>| visits.next()),
            )
            .route("/rows", web::post().to(written))
            .route("/keep", web::post().to(kept))
            .route(
                "/careless",
                web::post().to(async || HttpResponse::Created()),
            )
            .route("/broken", web::get().to(broken))
            .route(
                "/panic",
                web::get().to(async |shop: Data<Shop>| shop.panic()),
            )
            .default_service(web::to(async || {
                (Shop::NO_SUCH_PAGE, StatusCode::NOT_FOUND)
            }));
    }
}

/// How the endpoint is added to the application.
#[derive(Clone, Copy)]
enum Way {
    LastWrap,
    Routes,
}

fn smoke(runner: &Runner, prefix: Option<&str>) -> Smoke {
    let smoke = Smoke::new(runner);
    match prefix {
        Some(prefix) => smoke.prefix(prefix).unwrap(),
        None => smoke,
    }
}

/// The closure that production and the smoke tests share.
macro_rules! wrapped {
    ($shop:expr, $smoke:expr) => {{
        let (shop, visits, smoke) = (Data::new($shop), Data::new(Visits::default()), $smoke);
        move || {
            App::new()
                .configure(pages(&shop, &visits))
                .wrap(from_fn(mark))
                .wrap(smoke.clone())
        }
    }};
}

macro_rules! routed {
    ($shop:expr, $runner:expr, $prefix:expr) => {{
        let (shop, visits) = (Data::new($shop), Data::new(Visits::default()));
        let (runner, prefix) = ($runner, $prefix);
        move || {
            App::new()
                .configure(|config| match &prefix {
                    Some(prefix) => routes_at(prefix, &runner).unwrap()(config),
                    None => routes(&runner)(config),
                })
                .configure(pages(&shop, &visits))
                .wrap(from_fn(mark))
        }
    }};
}

impl Stack for Way {
    async fn serve(&self, site: Site) -> io::Result<Served> {
        let server = match self {
            Self::LastWrap => {
                let smoke = smoke(&site.runner, site.prefix.as_deref());
                Server::start(wrapped!(site.shop, smoke))
            }
            Self::Routes => Server::start(routed!(site.shop, site.runner, site.prefix)),
        };
        Ok(Served::new(server.address, server))
    }

    fn app(&self, runner: Runner) -> Option<AppFactory> {
        Some(match self {
            Self::LastWrap => {
                let smoke = smoke(&runner, None);
                app(move |shop: Shop| wrapped!(shop, smoke.clone()))
            }
            Self::Routes => app(move |shop: Shop| routed!(shop, runner.clone(), None::<String>)),
        })
    }

    fn lacks(&self, feature: Feature) -> bool {
        // actix-web gives a connection to WebSockets alone: passing.rs has one.
        match feature {
            Feature::SmokeHeader => matches!(self, Self::Routes),
            feature => matches!(feature, Feature::Trailers | Feature::Upgrades),
        }
    }
}

#[tokio::test]
async fn a_middleware_as_the_last_call_conforms() {
    check(Way::LastWrap).await;
}

#[tokio::test]
async fn configured_routes_conform() {
    check(Way::Routes).await;
}
