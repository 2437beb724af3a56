//! What handlers log stands beside the test that asked them.
#![cfg(all(feature = "logs", feature = "live"))]

use axum::Router;
use axum::routing::get;
use smoke_axum::smoke_core::logs;
use smoke_axum::{Client, LiveServer, Registry, Result, Runner, Selection, Test, app, fail};
use smoke_testing::wire::exchange;
use tracing::{Instrument, info};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

async fn charge() -> &'static str {
    info!("charging");
    let mail = async { info!("a mail is sent") }.in_current_span();
    let _ = tokio::spawn(mail).await;
    "charged"
}

async fn in_process(client: Client) -> Result {
    client.get("/charge").send().await?;
    fail!("no money")
}

fn blocking(client: Client) -> Result {
    client.get("/charge").send_blocking()?;
    fail!("no money")
}

async fn live(live: LiveServer) -> Result {
    exchange(live.addr(), "GET /charge HTTP/1.0\r\n\r\n").await?;
    fail!("no money")
}

#[tokio::test]
async fn what_handlers_under_test_log_is_the_tests() {
    tracing_subscriber::registry().with(logs::layer()).init();
    let registry = Registry::new()
        .app(app(|| Router::new().route("/charge", get(charge))))
        .test(Test::new("shop::blocking", blocking))
        .test(Test::new("shop::in_process", in_process))
        .test(Test::new("shop::live", live));
    let report = Runner::new(registry).run(Selection::fast()).await;
    for test in &report.tests {
        let lines = ["INFO logs: charging", "INFO logs: a mail is sent"];
        assert_eq!(test.log, lines, "{test:#?}");
    }
    assert_eq!(report.counts().failed, 3);
}
