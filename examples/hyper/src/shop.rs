//! The application: what it does with a request, whatever the body's type.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;

/// What things cost, in cents.
#[derive(Clone, Debug)]
pub(crate) struct Prices(Arc<BTreeMap<&'static str, u32>>);

impl Prices {
    pub(crate) fn of_today() -> Self {
        Self(Arc::new(BTreeMap::from([("apple", 120), ("pear", 140)])))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.0.iter().map(|(name, price)| (*name, *price))
    }
}

pub(crate) async fn answer<B>(
    prices: Prices,
    request: Request<B>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => (StatusCode::OK, "the shop is open".to_owned()),
        (&Method::GET, path) => match path
            .strip_prefix("/prices/")
            .and_then(|name| prices.0.get(name))
        {
            Some(price) => (StatusCode::OK, price.to_string()),
            None => (StatusCode::NOT_FOUND, "no such page".to_owned()),
        },
        _ => (StatusCode::METHOD_NOT_ALLOWED, "look only".to_owned()),
    };
    let mut response = Response::new(Full::from(text + "\n"));
    *response.status_mut() = status;
    Ok(response)
}
