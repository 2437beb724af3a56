//! Where the endpoint is reached, and where it is not.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use actix_web::App;
use actix_web::guard;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{
    Condition, DefaultHeaders, ErrorHandlerResponse, ErrorHandlers, Logger, NormalizePath,
    TrailingSlash,
};
use actix_web::web;
use smoke_actix::{Smoke, routes, routes_at};
use support::{Server, assert_reached, runner};

async fn any_page() -> &'static str {
    "have a look at our offers"
}

#[tokio::test]
async fn a_middleware_is_reached_before_and_after_routes() {
    let runner = runner();
    let server = Server::start(move || {
        App::new()
            .wrap(Smoke::new(&runner))
            .wrap(Logger::default())
            .wrap(DefaultHeaders::new().add(("x-shop", "open")))
            .route("/", web::get().to(any_page))
            .route("/{path:.*}", web::get().to(any_page))
            .default_service(web::to(any_page))
    });
    assert_reached(&server, "/smoketest").await;
    for path in ["/", "/smoketests", "/smoketest%2F", "/Smoketest/"] {
        let answer = server.get(path).await;
        assert_eq!(answer.body, "have a look at our offers", "{path}");
    }
}

#[tokio::test]
async fn a_middleware_has_another_prefix_where_it_is_given() {
    let smoke = Smoke::new(&runner()).prefix("/internal/smoke/").unwrap();
    let server = Server::start(move || App::new().wrap(smoke.clone()));
    assert_reached(&server, "/internal/smoke").await;
    assert!(!server.get("/smoketest/").await.is_ours());
}

#[tokio::test]
async fn a_middleware_stands_behind_paths_that_are_normalized() {
    for kind in [
        TrailingSlash::Trim,
        TrailingSlash::MergeOnly,
        TrailingSlash::Always,
    ] {
        let runner = runner();
        let server = Server::start(move || {
            App::new()
                .wrap(Smoke::new(&runner))
                .wrap(NormalizePath::new(kind))
        });
        for path in ["/smoketest", "/smoketest/", "//smoketest//slow/"] {
            let answer = server.get(path).await;
            assert_eq!(
                answer.header("x-smoke-status"),
                "PASS",
                "{path}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_middleware_may_be_conditional() {
    let runner = runner();
    let server = Server::start(move || {
        App::new()
            .route("/", web::get().to(any_page))
            .wrap(Condition::new(true, Smoke::new(&runner)))
    });
    assert_reached(&server, "/smoketest").await;
}

/// What the documentation warns of.
#[tokio::test]
async fn a_middleware_is_not_reached_around_a_scope_and_is_rewritten_by_what_is_around_it() {
    let runner = runner();
    let shared = runner.clone();
    let server = Server::start(move || {
        App::new()
            .service(
                web::scope("/internal")
                    .wrap(Smoke::new(&shared))
                    .default_service(web::to(any_page)),
            )
            .default_service(web::to(any_page))
    });
    assert!(!server.get("/smoketest/").await.is_ours());
    assert!(!server.get("/internal/smoketest/").await.is_ours());

    runner.pause();
    let server = Server::start(move || {
        let hide = ErrorHandlers::new().handler(StatusCode::SERVICE_UNAVAILABLE, |mut response| {
            *response.response_mut().status_mut() = StatusCode::OK;
            let name = HeaderName::from_static("x-hidden");
            let value = HeaderValue::from_static("yes");
            response.headers_mut().insert(name, value);
            Ok(ErrorHandlerResponse::Response(
                response.map_into_left_body(),
            ))
        });
        App::new().wrap(Smoke::new(&runner)).wrap(hide)
    });
    let answer = server.get("/smoketest/").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("x-smoke-status"),
        "FAIL",
        "the header still tells"
    );
}

#[tokio::test]
async fn routes_are_reached_in_the_application_in_a_scope_and_in_a_resource_of_a_host() {
    let runner = runner();
    let shared = runner.clone();
    let server = Server::start(move || {
        App::new()
            .configure(routes(&shared))
            .route("/{page}", web::get().to(any_page))
            .default_service(web::to(any_page))
    });
    assert_reached(&server, "/smoketest").await;
    assert!(!server.get("/smoketests").await.is_ours());

    let shared = runner.clone();
    let server = Server::start(move || {
        App::new()
            .service(web::scope("/internal").configure(routes(&shared)))
            .service(web::scope("/{tenant}/ops").configure(routes(&shared)))
            .default_service(web::to(any_page))
    });
    assert_reached(&server, "/internal/smoketest").await;
    assert_reached(&server, "/acme/ops/smoketest").await;
    assert!(!server.get("/smoketest/").await.is_ours());

    let server = Server::start(move || {
        App::new().service(
            web::scope("")
                .guard(guard::Host("shop"))
                .configure(routes(&runner)),
        )
    });
    assert_reached(&server, "/smoketest").await;
}

#[tokio::test]
async fn routes_have_another_prefix_where_it_is_given() {
    let routes = routes_at("/internal/smoke/", &runner()).unwrap();
    let server = Server::start(move || App::new().configure(routes.clone()));
    assert_reached(&server, "/internal/smoke").await;
    assert!(!server.get("/smoketest/").await.is_ours());
}

/// What the documentation warns of.
#[tokio::test]
async fn routes_are_not_reached_after_a_route_that_matches_too() {
    let runner = runner();
    let server = Server::start(move || {
        App::new()
            .route("/{path:.*}", web::get().to(any_page))
            .configure(routes(&runner))
    });
    assert!(!server.get("/smoketest/").await.is_ours());
}

#[test]
fn a_prefix_that_nothing_could_reach_is_an_error() {
    for prefix in ["", "/", "smoke", "/{id}", "/:id", "/*rest", "/a b"] {
        assert!(routes_at(prefix, &runner()).is_err(), "{prefix}");
        assert!(Smoke::new(&runner()).prefix(prefix).is_err(), "{prefix}");
    }
}
