//! The smoke tests: safe to run in production, at any time.

use std::time::Duration;

use examples_support::Prices;
use smoke_tower::{
    Client, Limits, Provided, Registry, Result, ensure, ensure_contains, smoke_test,
};
use tower::service_fn;

use crate::shop;

#[smoke_test]
async fn the_shop_is_open(client: Client) -> Result {
    let page = client.get("/").send().await?.ensure_status(200)?;
    ensure_contains!(page.text()?, "open");
    Ok(())
}

#[smoke_test]
async fn what_is_sold_has_a_page(client: Client, prices: Provided<Prices>) -> Result {
    for (name, price) in prices.iter() {
        let page = client.get(format!("/prices/{name}")).send().await?;
        let said = page.ensure_status(200)?.text()?;
        ensure!(
            said == format!("{price}\n"),
            "{name} is said to cost {said}"
        );
    }
    Ok(())
}

#[smoke_test]
async fn nothing_is_free(prices: Provided<Prices>) -> Result {
    for (name, price) in prices.iter() {
        ensure!(price > 0, "{name} is free");
    }
    Ok(())
}

pub(crate) fn registry(prices: Prices) -> Registry {
    let registry = Registry::discover()
        // A test that was not linked in is a FAIL, and not one test less.
        .expect_at_least(3)
        .limits(limits())
        .provide(prices)
        .app(smoke_tower::app(|prices: Provided<Prices>| {
            service_fn(move |request| shop::answer(Prices::clone(&prices), request))
        }))
        // Everybody may see everything, since there is nothing to hide in this example. A function
        // with a public URL has `.token(..)`.
        .open();
    // $LATEST is whatever was uploaded last: there SMOKE_BUILD tells one upload from the next.
    let version = env("AWS_LAMBDA_FUNCTION_VERSION").filter(|version| version != "$LATEST");
    let registry = match version {
        Some(version) => registry.build_id(version),
        None => registry,
    };
    // Which of the function's instances it was: the name of its log.
    match env("AWS_LAMBDA_LOG_STREAM_NAME") {
        Some(instance) => registry.instance(instance),
        None => registry,
    }
}

/// Lambda stops a function while it has no request, so a run has to end within its own.
///
/// The function's timeout is to be longer than a slow run (it is 3 seconds unless set), and API
/// Gateway waits for 29 seconds.
fn limits() -> Limits {
    Limits::default()
        .test(Duration::from_secs(5))
        .run(Duration::from_secs(10))
        .slow_run(Duration::from_secs(25))
        // An instance gets one request at a time, and its clock may have been stopped between two.
        .reuse(Duration::ZERO)
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
