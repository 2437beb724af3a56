//! A client that is made on a tower service, in a test.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::convert::Infallible;
use std::fmt::Debug;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use smoke_tower::smoke_core::{AppBody, TestFn, TestReport};
use smoke_tower::{
    Client, ClientService, Outcome, Registry, Result, Runner, Selection, SyncBody, Test, ensure_eq,
};
use tower::{ServiceExt, service_fn};

fn status(code: &'static str) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(code));
    trailers
}

/// Answers with the body and the trailers that came, as gRPC would.
async fn echo<B>(request: Request<B>) -> Result<Response<AppBody>, Infallible>
where
    B: Body<Data = Bytes> + Send + Sync,
    B::Error: Debug,
{
    let length = request.body().size_hint().exact();
    let came = request.into_body().collect().await.unwrap();
    assert_eq!(length, Some(3));
    let trailers = came.trailers().cloned();
    let body = Full::new(came.to_bytes()).with_trailers(async { trailers.map(Ok) });
    let body = body.map_err(|never| match never {});
    Ok(Response::new(body.boxed_unsync()))
}

async fn run<Marker: 'static>(test: impl TestFn<Marker>) -> TestReport {
    let registry = Registry::new()
        .app(smoke_tower::app(|| {
            let body = |request: Request<AppBody>| request.map(SyncBody::new);
            service_fn(echo::<SyncBody<AppBody>>).map_request(body)
        }))
        .test(Test::new("calls::echo", test));
    let report = Runner::new(registry).run(Selection::fast()).await;
    report.tests.into_iter().next().unwrap()
}

fn call() -> Request<impl Body<Data = Bytes, Error = Infallible> + Send + 'static> {
    let body = Full::<Bytes>::from("\0a\0").with_trailers(async { Some(Ok(status("0"))) });
    Request::post("/calls.Calls/Echo").body(body).unwrap()
}

#[tokio::test]
async fn bytes_and_trailers_go_to_the_application_and_come_back() {
    let test = run(async |client: ClientService| -> Result {
        let answer = client.without_database().oneshot(call()).await?;
        let body = answer.into_body().collect().await?;
        ensure_eq!(body.trailers(), Some(&status("0")));
        ensure_eq!(body.to_bytes(), "\0a\0");
        Ok(())
    })
    .await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
    assert_eq!(test.requests[0].path, "/calls.Calls/Echo");
}

#[tokio::test]
async fn an_answer_without_trailers_has_none() {
    let test = run(async |client: ClientService| -> Result {
        let request = Request::get("/").body(Full::<Bytes>::from("abc"))?;
        let body = client.oneshot(request).await?.into_body().collect().await?;
        ensure_eq!(body.trailers(), None);
        Ok(())
    })
    .await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}

#[tokio::test]
async fn a_call_that_uses_no_sandbox_is_bypassed_unless_it_says_so() {
    let test = run(async |client: ClientService| -> Result {
        client.oneshot(call()).await?;
        Ok(())
    })
    .await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
    assert!(test.message.unwrap().contains("NOT rolled back"));
}

#[tokio::test]
async fn a_body_over_the_cap_is_an_error() {
    let test = run(async |client: ClientService| -> Result {
        client
            .without_database()
            .max_body(2)
            .oneshot(call())
            .await?;
        Ok(())
    })
    .await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
    assert!(test.message.unwrap().contains("larger than 2 bytes"));
}

#[tokio::test]
async fn the_client_shows_trailers_too() {
    let test = run(async |client: Client| -> Result {
        let answer = client.get("/").body("abc").send().await?;
        ensure_eq!(answer.trailers(), None);
        Ok(())
    })
    .await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}
