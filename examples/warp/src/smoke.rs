//! The smoke tests: safe to run in production, at any time.

use examples_support::Prices;
use http::Request;
use smoke_tower::smoke_core::AppBody;
use smoke_tower::{
    Client, Provided, Registry, Result, SyncBody, ensure, ensure_contains, smoke_test,
};
use tower::ServiceExt as _;

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
            let routes = warp::service(shop::routes(Prices::clone(&prices)));
            // Warp wants bodies that are `Sync`.
            routes.map_request(|request: Request<AppBody>| request.map(SyncBody::new))
        }))
        // Everybody may see everything, since the service listens on this machine alone. On a
        // network it would be `.token(..)`.
        .open()
}
