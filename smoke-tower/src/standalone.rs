use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Extensions, HeaderMap, Request, Response};
use http_body_util::Full;
use smoke_core::{CalledBySmokeTest, Endpoint, PrefixError, Route, Runner};
use tower_service::Service;

use crate::future::{Answering, answering};

/// Answers `GET /smoketest/` and nothing else: for a port of its own that only operators reach.
///
/// How requests arrive there says nothing of the application's: tests take that from the last request
/// that a [`SmokeLayer`](crate::SmokeLayer) of the same runner has seen.
///
/// A path outside the prefix is a 404, and a FAIL like every answer that is no verdict.
///
/// # Examples
///
/// With hyper:
///
/// ```no_run
/// use hyper::server::conn::http1;
/// use hyper_util::{rt::TokioIo, service::TowerToHyperService};
/// use smoke_tower::{Registry, Runner, SmokeService};
/// use tokio::net::TcpListener;
///
/// async fn serve(runner: &Runner) -> std::io::Result<()> {
///     let service = SmokeService::new(runner);
///     let listener = TcpListener::bind(("127.0.0.1", 9100)).await?;
///     loop {
///         let (stream, _) = listener.accept().await?;
///         let service = TowerToHyperService::new(service.clone());
///         tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SmokeService {
    endpoint: Arc<Endpoint>,
}

impl SmokeService {
    /// The service of a runner, or of a registry that needs no runner elsewhere.
    pub fn new(runner: impl Into<Runner>) -> Self {
        Self {
            endpoint: Arc::new(Endpoint::new(runner).apart()),
        }
    }

    /// Answers under another prefix than `/smoketest`.
    ///
    /// # Errors
    ///
    /// When the prefix is no path of at least one plain segment: `/smoketest`, `/internal/smoke`.
    pub fn prefix(self, prefix: &str) -> Result<Self, PrefixError> {
        let endpoint = Arc::unwrap_or_clone(self.endpoint).prefix(prefix)?;
        Ok(Self {
            endpoint: Arc::new(endpoint),
        })
    }

    /// Says that this service is one of the application's routes, so that the requests of tests
    /// arrive as those do that come here; unless there is a [`SmokeLayer`](crate::SmokeLayer) of the
    /// same runner, which sees all of them. `peer` says where the server puts the address of the peer.
    pub fn among_routes(self, peer: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        let endpoint = Arc::unwrap_or_clone(self.endpoint);
        Self {
            endpoint: Arc::new(endpoint.among_routes().peer(peer)),
        }
    }

    /// Does for a request of the application's what [`SmokeLayer`](crate::SmokeLayer) does, where
    /// this service is a route and the framework's requests are its own: takes the header
    /// [`SmokeRequest::HEADER`](crate::SmokeRequest::HEADER) off, and says what is to be put into
    /// the request's extensions. A middleware around the routes calls it.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::Request;
    /// use smoke_tower::{Registry, SmokeRequest, SmokeService, Test};
    ///
    /// # fn main() -> http::Result<()> {
    /// let registry = Registry::new().test(Test::new("shop::opens", async || {}));
    /// let smoke_tests = SmokeService::new(registry);
    ///
    /// let mut request = Request::get("/").header(SmokeRequest::HEADER, "forged").body(())?;
    /// if let Some(called) = smoke_tests.receive(request.headers_mut()) {
    ///     request.extensions_mut().insert(called);
    /// }
    /// assert!(request.headers().is_empty() && request.extensions().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "it is to be put into the request's extensions"]
    pub fn receive(&self, headers: &mut HeaderMap) -> Option<CalledBySmokeTest> {
        self.endpoint.take(headers)
    }

    /// The prefix: `/smoketest`.
    #[must_use]
    pub fn prefix_path(&self) -> &str {
        self.endpoint.prefix_path()
    }
}

impl<B> Service<Request<B>> for SmokeService {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = AnswerFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (head, _) = request.into_parts();
        let route = self.endpoint.route(head.uri.path());
        AnswerFuture(answering(
            Arc::clone(&self.endpoint),
            route.unwrap_or(Route::Unknown),
            head,
        ))
    }
}

/// The future of [`SmokeService`].
pub struct AnswerFuture(Answering);

impl Future for AnswerFuture {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.0.as_mut().poll(cx);
        answer.map(|response| Ok(response.map(Full::new)))
    }
}

impl fmt::Debug for AnswerFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerFuture").finish_non_exhaustive()
    }
}
