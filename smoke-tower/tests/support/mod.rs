//! A shop behind the layer, and short ways to ask it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use smoke_tower::{Registry, Smoke, SmokeLayer, Test};
use tower::{Layer, Service, ServiceExt};

/// The whole answer to a request.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        match self.headers.get(name) {
            Some(value) => value.to_str().unwrap(),
            None => "",
        }
    }

    /// Whether the endpoint answered, and not the shop.
    pub fn is_ours(&self) -> bool {
        self.headers.contains_key("x-smoke-status")
    }

    pub fn first_line(&self) -> &str {
        self.body.lines().next().unwrap_or_default()
    }
}

/// The application: every path is a page.
pub async fn shop<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(
        format!("the shop at {}", request.uri().path()).into(),
    ))
}

pub type Shop =
    Smoke<tower::util::BoxCloneService<Request<Full<Bytes>>, Response<Full<Bytes>>, Infallible>>;

/// The shop behind a layer.
pub fn layered(layer: SmokeLayer) -> Shop {
    layer.layer(tower::service_fn(shop).boxed_clone())
}

/// The shop with a registry's tests, which anybody may look into.
pub fn open(registry: Registry) -> Shop {
    layered(SmokeLayer::new(registry.open()))
}

/// A registry of one test that passes.
pub fn passing() -> Registry {
    Registry::new()
        .test(Test::new("shop::opens", async || {}))
        .instance("till-1")
}

pub async fn ask<S>(service: S, request: Request<Full<Bytes>>) -> Answer
where
    S: Service<Request<Full<Bytes>>, Response: IntoAnswer, Error = Infallible>,
{
    let Ok(response) = service.oneshot(request).await;
    response.into_answer().await
}

pub async fn get<S>(service: &S, uri: &str) -> Answer
where
    S: Service<Request<Full<Bytes>>, Response: IntoAnswer, Error = Infallible> + Clone,
{
    ask(service.clone(), request(Method::GET, uri)).await
}

pub fn request(method: Method, uri: &str) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(uri)
        .body(Full::default())
        .unwrap()
}

pub trait IntoAnswer {
    fn into_answer(self) -> impl Future<Output = Answer>;
}

impl<B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>> IntoAnswer for Response<B> {
    async fn into_answer(self) -> Answer {
        let (head, body) = self.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8(body.into()).unwrap(),
        }
    }
}
