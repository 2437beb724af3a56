//! The application: what it does with a request, whatever the body's type.

use std::convert::Infallible;

use bytes::Bytes;
use examples_support::Prices;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;

pub(crate) async fn answer<B>(
    prices: Prices,
    request: Request<B>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => (StatusCode::OK, "the shop is open".to_owned()),
        (&Method::GET, path) => match path
            .strip_prefix("/prices/")
            .and_then(|name| prices.of(name))
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
