use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, HeaderMap, Request, Response};
use smoke_core::{AnswerBody, CalledBySmokeTest, Endpoint, PrefixError, Route, Runner};
use tower_service::Service;

use crate::future::{Answering, answering};

/// Answers `GET /smoketest/` and nothing else. For a separate port that only operators reach.
///
/// How requests arrive at that port says nothing about the application's requests. So the requests of
/// tests arrive as the last request did that a [`SmokeLayer`](crate::SmokeLayer) of the same runner
/// has seen.
///
/// A path outside the prefix is answered with 404 and FAIL.
///
/// The address of whoever asks, for [`Registry::allow`](crate::Registry::allow) and the log, is a
/// `SocketAddr` in the request's extensions.
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
    /// The service of a runner. Takes a registry too, if its runner is needed nowhere else.
    pub fn new(runner: impl Into<Runner>) -> Self {
        Self {
            endpoint: Arc::new(Endpoint::new(runner).apart()),
        }
    }

    /// Answers under another prefix than `/smoketest`.
    ///
    /// # Errors
    ///
    /// When the prefix is not a path of at least one plain segment, such as `/smoketest` or
    /// `/internal/smoke`.
    pub fn prefix(self, prefix: &str) -> Result<Self, PrefixError> {
        let endpoint = Arc::unwrap_or_clone(self.endpoint).prefix(prefix)?;
        Ok(Self {
            endpoint: Arc::new(endpoint),
        })
    }

    /// Says that this service is one of the application's routes. The requests of tests then arrive as
    /// the requests to this service do, unless a [`SmokeLayer`](crate::SmokeLayer) of the same runner
    /// sees all requests. `peer` reads the peer's address from a request's extensions.
    pub fn among_routes(self, peer: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        let endpoint = Arc::unwrap_or_clone(self.endpoint);
        Self {
            endpoint: Arc::new(endpoint.among_routes().peer(peer)),
        }
    }

    /// Does for a request to the application what [`SmokeLayer`](crate::SmokeLayer) does. For
    /// frameworks with their own request type, where this service is a route: a middleware around the
    /// routes calls it. It removes the header
    /// [`SmokeRequest::HEADER`](crate::SmokeRequest::HEADER), and returns what the middleware has to
    /// put into the request's extensions.
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
    type Response = Response<AnswerBody>;
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
    type Output = Result<Response<AnswerBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for AnswerFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerFuture").finish_non_exhaustive()
    }
}
