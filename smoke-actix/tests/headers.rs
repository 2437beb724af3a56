//! Headers that every request needs are set on the application under test.
#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use actix_web::guard::Host;
use actix_web::web::{self, ServiceConfig};
use smoke_actix::{
    Client, LiveServer, Registry, Result, Runner, Selection, Test, app, ensure_contains,
};
use smoke_testing::wire::exchange;

fn shop(config: &mut ServiceConfig) {
    let hosted = web::scope("").guard(Host("shop.example"));
    config.service(hosted.route("/", web::get().to(async || "the shop")));
}

async fn is_open(client: Client) -> Result {
    client.get("/").send().await?.ensure_status(200)?;
    let stranger = client.get("/").header("host", "example.com");
    stranger.send().await?.ensure_status(404)?;
    Ok(())
}

async fn is_open_at_a_socket(live: LiveServer) -> Result {
    let request = format!("GET / HTTP/1.0\r\nHost: {}\r\n\r\n", live.addr());
    let answer = exchange(live.addr(), &request).await?;
    ensure_contains!(answer, "the shop");
    Ok(())
}

#[tokio::test]
async fn an_application_that_answers_to_its_own_host_alone_is_asked_by_it() {
    let factory = app(|| shop);
    for (factory, good) in [
        (factory.clone().header("host", "shop.example"), 2),
        (factory, 0),
    ] {
        let registry = Registry::new().app(factory);
        let registry = registry.test(Test::new("shop::is_open", is_open));
        let live = Test::new("shop::is_open_at_a_socket", is_open_at_a_socket);
        let report = Runner::new(registry.test(live))
            .run(Selection::fast())
            .await;
        assert_eq!(report.counts().passed, good, "{report:#?}");
    }
}
