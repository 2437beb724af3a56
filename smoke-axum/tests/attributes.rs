//! The attributes, where an application depends on this crate alone.

mod support;

use axum::Router;
use axum::routing::get as route_get;
use smoke_axum::{Client, Registry, Result, SmokeLayer, smoke_suite, smoke_test};
use support::get;

fn router() -> Router {
    Router::new().route("/", route_get(async || "the shop"))
}

#[smoke_test]
async fn the_shop_opens(client: Client) -> Result {
    client.get("/").send().await?.ensure_status(200)?;
    Ok(())
}

#[derive(Default)]
struct Till;

#[smoke_suite]
impl Till {
    #[smoke_test]
    async fn is_asked_for(&self, client: Client) -> Result {
        client.get("/till").send().await?.ensure_status(404)?;
        Ok(())
    }
}

#[tokio::test]
async fn tests_are_found_and_run() {
    let registry = Registry::discover()
        .app(smoke_axum::app(router))
        .expect_at_least(2)
        .open();
    let app = router().layer(SmokeLayer::new(registry));
    let answer = get(&app, "/smoketest/?format=json").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    for name in [
        "attributes::the_shop_opens",
        "attributes::Till::is_asked_for",
    ] {
        assert!(answer.body.contains(name), "{name}: {}", answer.body);
    }
}
