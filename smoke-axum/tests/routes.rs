//! Routes to merge or nest anywhere.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use axum::Router;
use axum::extract::State;
use axum::routing::get as route_get;
use smoke_axum::{routes, routes_at};
use support::{assert_reached, get, runner};

async fn any_page() -> &'static str {
    "have a look at our offers"
}

#[tokio::test]
async fn merged_routes_are_reached_in_any_order() {
    let runner = runner();
    for app in [
        Router::new().merge(routes(&runner)),
        Router::new().merge(routes(&runner)).fallback(any_page),
        Router::new().fallback(any_page).merge(routes(&runner)),
        Router::new()
            .merge(routes(&runner))
            .route("/{*path}", route_get(any_page)),
        Router::new()
            .route("/{page}", route_get(any_page))
            .route("/{page}/", route_get(any_page))
            .merge(routes(&runner)),
        routes(&runner).merge(Router::new().route("/", route_get(any_page))),
    ] {
        assert_reached(&app, "/smoketest").await;
        assert!(!get(&app, "/smoketests").await.is_ours());
    }
}

#[tokio::test]
async fn nested_routes_are_reached_under_the_nested_path() {
    let runner = runner();
    for app in [
        Router::new().nest("/internal", routes(&runner)),
        Router::new()
            .nest("/internal", routes(&runner).fallback(any_page))
            .fallback(any_page),
        Router::new().nest_service("/internal", routes::<()>(&runner)),
    ] {
        assert_reached(&app, "/internal/smoketest").await;
        assert!(!get(&app, "/smoketest/").await.is_ours());
    }
    let deep = Router::new().nest("/internal", routes(&runner));
    let deep = Router::new().nest("/{tenant}", deep);
    assert_reached(&deep, "/acme/internal/smoketest").await;
}

#[tokio::test]
async fn routes_have_another_prefix_where_it_is_given() {
    let runner = runner();
    let app: Router = Router::new().merge(routes_at("/internal/smoke", &runner).unwrap());
    assert_reached(&app, "/internal/smoke").await;
    assert!(!get(&app, "/smoketest/").await.is_ours());
    let app: Router = Router::new().nest("/v1", routes_at("/smoke/", &runner).unwrap());
    assert_reached(&app, "/v1/smoke").await;
}

#[test]
fn a_prefix_that_no_route_could_have_is_an_error() {
    for prefix in ["", "/", "smoke", "/{id}", "/:id", "/*rest", "/a b"] {
        assert!(routes_at::<()>(prefix, runner()).is_err(), "{prefix}");
    }
}

#[tokio::test]
async fn routes_are_merged_with_routes_of_any_state() {
    let app: Router = Router::new()
        .route(
            "/",
            route_get(async |State(shop): State<&'static str>| shop),
        )
        .merge(routes(runner()))
        .with_state("the shop");
    assert_reached(&app, "/smoketest").await;
    assert_eq!(get(&app, "/").await.body, "the shop");
}
