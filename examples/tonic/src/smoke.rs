//! The smoke tests: safe to run in production, at any time.

use std::time::Duration;

use examples_support::Prices;
use smoke_tower::{
    ClientService, Provided, Registry, Result, Schedule, ensure, ensure_contains, ensure_eq,
    ensure_err, smoke_test,
};
use tonic::{Code, Request};

use crate::prices::{PricesClient, Wanted, routes};

/// A client as production has it, on the application under test instead of a channel.
///
/// Calls of gRPC are POST: that these only read has to be said. A service with a database leaves
/// that out for calls that write.
fn client(service: ClientService) -> PricesClient<ClientService> {
    PricesClient::new(service.without_database())
}

fn wanted(name: &str) -> Request<Wanted> {
    Request::new(Wanted {
        name: name.to_owned(),
    })
}

#[smoke_test]
async fn what_is_sold_has_a_price(client: ClientService, catalogue: Provided<Prices>) -> Result {
    let mut prices = self::client(client);
    for (name, cents) in catalogue.iter() {
        let price = prices.get(wanted(name)).await?.into_inner();
        ensure_eq!(price.cents, cents, "{name}");
    }
    Ok(())
}

/// The status is in the trailers or, where there is no message, in the headers.
#[smoke_test]
async fn what_is_not_sold_is_not_found(client: ClientService) -> Result {
    let status = ensure_err!(self::client(client).get(wanted("smoke")).await);
    ensure_eq!(status.code(), Code::NotFound);
    ensure_contains!(status.message(), "not sold");
    Ok(())
}

#[smoke_test]
async fn nothing_is_free(catalogue: Provided<Prices>) -> Result {
    for (name, cents) in catalogue.iter() {
        ensure!(cents > 0, "{name} is free");
    }
    Ok(())
}

pub(crate) fn registry(catalogue: Prices) -> Registry {
    Registry::discover()
        // What the health service answers from.
        .schedule(Schedule::every(Duration::from_secs(60)))
        // A test that was not linked in is a FAIL, and not one test less.
        .expect_at_least(3)
        .provide(catalogue)
        .app(smoke_tower::app(|catalogue: Provided<Prices>| {
            routes(Prices::clone(&catalogue))
        }))
        // Everybody may see everything, since the service listens on this machine alone. On a
        // network it would be `.token(..)`.
        .open()
}
