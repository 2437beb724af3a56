//! The smoke tests: safe to run in production, at any time.

use examples_support::Prices;
use smoke_tower::{Client, Provided, Registry, Result, ensure, ensure_contains, smoke_test};
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
    Registry::discover()
        // A test that was not linked in is a FAIL, and not one test less.
        .expect_at_least(3)
        .provide(prices)
        .app(smoke_tower::app(|prices: Provided<Prices>| {
            service_fn(move |request| shop::answer(Prices::clone(&prices), request))
        }))
        // Everybody may see everything, since the service listens on this machine alone. On a
        // network it would be `.token(..)`.
        .open()
}
