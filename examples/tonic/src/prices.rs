//! The service `shop.Prices`.

use examples_support::Prices as Catalogue;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// What is generated of the service.
#[expect(unreachable_pub, reason = "generated")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/shop.Prices.rs"));
}

pub(crate) use generated::prices_client::PricesClient;
use generated::prices_server::{Prices, PricesServer};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Wanted {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Price {
    #[prost(uint32, tag = "1")]
    pub(crate) cents: u32,
}

/// The service on what things cost.
struct Shop(Catalogue);

#[tonic::async_trait]
impl Prices for Shop {
    async fn get(&self, wanted: Request<Wanted>) -> Result<Response<Price>, Status> {
        let name = wanted.into_inner().name;
        match self.0.of(&name) {
            Some(cents) => Ok(Response::new(Price { cents })),
            None => Err(Status::not_found(format!("{name:?} is not sold"))),
        }
    }
}

/// The application: its services, and nothing that lives on its own.
pub(crate) fn routes(catalogue: Catalogue) -> Routes {
    Routes::new(PricesServer::new(Shop(catalogue)))
}
