//! The suite's application as a tower service.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use smoke_conformance::adapter::{Broken, Shop, Visits};
use smoke_tower::smoke_core::AppBody;
use smoke_tower::{CalledBySmokeTest, SmokeRequest};
use tower::{Service, ServiceExt, service_fn};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The routes, with an error handler and a middleware around them.
pub(crate) fn application<B>(
    shop: Shop,
) -> impl Service<Request<B>, Response = Response<AppBody>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ 'static
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let visits = Visits::default();
    service_fn(move |request| {
        let answering = routes(shop.clone(), visits.clone(), request);
        async { Ok(answering.await.unwrap_or_else(handled)) }
    })
    .map_response(|mut response: Response<AppBody>| {
        response
            .headers_mut()
            .insert("x-app", "yes".parse().unwrap());
        response
    })
}

/// The application's error handler.
fn handled(error: Broken) -> Response<AppBody> {
    text(500, format!("handled: {error}"))
}

async fn routes<B>(
    shop: Shop,
    visits: Visits,
    mut request: Request<B>,
) -> Result<Response<AppBody>, Broken>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let page = format!("{} {}", request.method(), request.uri().path());
    Ok(match page.as_str() {
        "GET /hello" => text(200, shop.hello()),
        "GET /visits" => text(200, visits.next()),
        "GET /whoami" => {
            let (extensions, headers) = (request.extensions(), request.headers());
            text(
                200,
                shop.whoami(
                    extensions.get::<SmokeRequest>(),
                    extensions.get::<CalledBySmokeTest>(),
                    headers.contains_key(SmokeRequest::HEADER),
                ),
            )
        }
        "GET /broken" => text(200, shop.broken()?),
        "GET /panic" => text(200, shop.panic()),
        "POST /echo" => Response::new(request.into_body().map_err(Into::into).boxed_unsync()),
        "POST /careless" => text(201, ""),
        "POST /rows" => {
            shop.write();
            text(201, "")
        }
        "POST /keep" => {
            shop.keep();
            text(201, "")
        }
        "GET /stream" => {
            let body = shop.stream().map_err(|never| match never {}).boxed_unsync();
            let answer = Response::builder().header("content-type", "text/event-stream");
            answer.header("trailer", "x-chunks").body(body).unwrap()
        }
        "GET /shout" => {
            let upgraded = hyper::upgrade::on(&mut request);
            tokio::spawn(async move { Shop::shout(TokioIo::new(upgraded.await.unwrap())).await });
            let answer = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
            let answer = answer
                .header("connection", "upgrade")
                .header("upgrade", "shout");
            answer.body(text(101, "").into_body()).unwrap()
        }
        _ => text(404, Shop::NO_SUCH_PAGE),
    })
}

fn text(status: u16, text: impl Into<Bytes>) -> Response<AppBody> {
    let body = Full::new(text.into()).map_err(|never| match never {});
    Response::builder()
        .status(status)
        .body(body.boxed_unsync())
        .unwrap()
}
