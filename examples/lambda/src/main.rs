//! A function on AWS Lambda that carries its own smoke tests.

mod shop;
mod smoke;

use std::convert::Infallible;

use anyhow::{Result, anyhow, ensure};
use bytes::Bytes;
use examples_support::Prices;
use http_body_util::Full;
use lambda_http::{Request, Response};
use smoke_tower::{ResponseBody, Runner, SmokeLayer};
use tower::{Layer as _, Service, service_fn};

#[tokio::main]
async fn main() -> Result<()> {
    ensure!(
        std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some(),
        "AWS_LAMBDA_RUNTIME_API is not set, so this is not AWS Lambda: here, start it with cargo lambda watch"
    );
    let prices = Prices::of_today();
    let runner = Runner::new(smoke::registry(prices.clone()));
    let served = lambda_http::run(service(&runner, prices)).await;
    served.map_err(|error| anyhow!(error))
}

/// What the function does with a request.
fn service(
    runner: &Runner,
    prices: Prices,
) -> impl Service<
    Request,
    Response = Response<ResponseBody<Full<Bytes>>>,
    Error = Infallible,
    Future: Send,
> {
    let routes = service_fn(move |request| shop::answer(prices.clone(), request));
    SmokeLayer::new(runner).layer(routes)
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn the_function_is_a_service_that_can_be_called() {
        let prices = Prices::of_today();
        let runner = Runner::new(smoke::registry(prices.clone()));
        let request = lambda_http::http::Request::get("/smoketest/slow/").body(Body::Empty);
        let service = service(&runner, prices);
        let answer = service.oneshot(request.unwrap()).await.unwrap();
        assert_eq!(answer.headers()["x-smoke-status"], "PASS");
    }
}
