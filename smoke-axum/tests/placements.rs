//! Where the layer may stand, and what answers where it may not.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get as route_get;
use smoke_axum::SmokeLayer;
use support::{assert_reached, get, runner};
use tower::{Layer, ServiceBuilder};

fn layer() -> SmokeLayer {
    SmokeLayer::new(runner())
}

fn shop() -> Router {
    Router::new()
        .route("/", route_get(async || "the shop"))
        .route("/users/{id}", route_get(async || "a user"))
}

async fn no_such_page() -> (StatusCode, &'static str) {
    (StatusCode::OK, "have a look at our offers")
}

#[tokio::test]
async fn as_the_last_call_it_is_reached() {
    for app in [
        shop().layer(layer()),
        shop().fallback(no_such_page).layer(layer()),
        shop()
            .route("/{*path}", route_get(no_such_page))
            .layer(layer()),
        Router::new().layer(layer()),
        Router::new()
            .nest("/api", shop().fallback(no_such_page))
            .layer(layer()),
        Router::new().fallback_service(shop()).layer(layer()),
    ] {
        assert_reached(&app, "/smoketest").await;
        assert!(!get(&app, "/smoketests").await.is_ours());
    }
    let app = shop().fallback(no_such_page).layer(layer());
    assert_eq!(get(&app, "/").await.body, "the shop");
    assert_eq!(get(&app, "/users/7").await.body, "a user");
    assert_eq!(get(&app, "/x").await.body, "have a look at our offers");
}

#[tokio::test]
async fn with_state_given_before_or_after_it_is_reached() {
    let before = shop().with_state(()).layer(layer());
    let after: Router = Router::<u8>::new().layer(layer()).with_state(1);
    assert_reached(&before, "/smoketest").await;
    assert_reached(&after, "/smoketest").await;
}

#[tokio::test]
async fn in_a_stack_of_layers_it_is_reached() {
    let stack = ServiceBuilder::new()
        .layer(layer())
        .map_request(|request: axum::extract::Request| request);
    assert_reached(&shop().layer(stack), "/smoketest").await;
}

#[tokio::test]
async fn around_the_router_it_is_reached_whatever_the_router_has() {
    let router = shop()
        .route("/smoketest/", route_get(async || "not this"))
        .route("/{*path}", route_get(no_such_page))
        .fallback(no_such_page);
    let app = layer().layer(router.clone());
    assert_reached(&app, "/smoketest").await;
    assert_eq!(get(&app, "/").await.body, "the shop");
    let app = ServiceBuilder::new().layer(layer()).service(router);
    assert_reached(&app, "/smoketest").await;
}

#[tokio::test]
async fn before_a_fallback_it_is_not_reached() {
    let app = shop().layer(layer()).fallback(no_such_page);
    let answer = get(&app, "/smoketest/").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.is_ours());
    assert_eq!(answer.body, "have a look at our offers");
}

#[tokio::test]
async fn before_a_catch_all_route_it_is_not_reached() {
    let app = shop()
        .layer(layer())
        .route("/{*path}", route_get(no_such_page));
    let answer = get(&app, "/smoketest/").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.is_ours());
}

#[tokio::test]
async fn on_a_nested_router_it_is_not_reached() {
    let app = Router::new()
        .nest("/internal", shop().layer(layer()))
        .fallback(no_such_page);
    for path in ["/smoketest/", "/internal/smoketest/"] {
        let answer = get(&app, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.is_ours(), "{path}");
    }
}

#[tokio::test]
async fn on_a_nested_router_with_a_fallback_of_its_own_it_is_reached_under_the_nested_path() {
    let nested = shop().fallback(no_such_page).layer(layer());
    let app = Router::new().nest("/internal", nested);
    assert!(!get(&app, "/smoketest/").await.is_ours());
    assert_reached(&app, "/internal/smoketest").await;
}

#[tokio::test]
async fn as_a_route_layer_it_is_not_reached() {
    let app = shop().fallback(no_such_page).route_layer(layer());
    let answer = get(&app, "/smoketest/").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.is_ours());
}

#[tokio::test]
async fn another_prefix_is_reached_in_place_of_the_first() {
    let app = shop().layer(layer().prefix("/internal/smoke").unwrap());
    assert_reached(&app, "/internal/smoke").await;
    assert!(!get(&app, "/smoketest/").await.is_ours());
    assert!(layer().prefix("smoke").is_err());
}
