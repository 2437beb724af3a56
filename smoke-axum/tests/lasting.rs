//! What an application shares with production works there after the test.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use smoke_axum::{Client, Provided, Registry, Result, Runner, Selection, Test, app};
use smoke_conformance::SharedClient;

async fn ping(State(client): State<SharedClient>) -> Result<&'static str, StatusCode> {
    let answered = client.ping().await;
    answered
        .map(|()| "pong")
        .map_err(|_| StatusCode::BAD_GATEWAY)
}

async fn pings(client: Client) -> Result {
    client.get("/").send().await?.ensure_status(200)?;
    Ok(())
}

#[tokio::test]
async fn a_client_that_a_test_has_used_first_works_for_production_after_it() {
    let client = SharedClient::new(|task| drop(tokio::spawn(task))).unwrap();
    let shared = client.clone();
    let routes = move || {
        let client = shared.clone();
        Router::new().route("/", get(ping)).with_state(client)
    };
    let registry = Registry::new().app(app(routes));
    let runner = Runner::new(registry.test(Test::new("shop::pings", pings)));
    client.outlives(runner).await;
}

#[tokio::test]
async fn a_client_works_for_production_where_its_runner_was_dropped() {
    let asynchronous = async |client: Provided<SharedClient>| client.ping().await;
    let blocking =
        |client: Provided<SharedClient>| tokio::runtime::Handle::current().block_on(client.ping());
    let tests = [
        Test::new("shop::pings", asynchronous),
        Test::new("shop::pings_and_blocks", blocking),
    ];
    for test in tests {
        let client = SharedClient::new(|task| drop(tokio::spawn(task))).unwrap();
        let registry = Registry::new().provide(client.clone()).test(test);
        let report = Runner::new(registry).run(Selection::fast()).await;
        assert!(report.verdict().is_pass(), "{report:#?}");
        client.ping().await.unwrap();
    }
}
