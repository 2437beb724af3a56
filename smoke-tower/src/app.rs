use std::fmt;
use std::future::Future;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use smoke_core::{App, AppBody, AppFactory, Error, Factory, Fallible};
use tower_service::Service;

use crate::in_process::InProcess;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Answering = Pin<Box<dyn Future<Output = Result<Response<AppBody>, BoxError>> + Send>>;

/// Makes the factory of the application under test from a function of fixtures that returns a tower
/// service.
///
/// Each request is handled by a clone of the service, when that clone is ready.
///
/// The function may be async. Then name what it returns: `app::<_, Routes, _>(..)`. Use [`try_app`] for
/// a function that returns a `Result`.
///
/// A request arrives as the request did that asked for the run: it has the peer's address, as a
/// `SocketAddr` in its extensions, if that one had it.
/// [`SmokeLayer::mirror`](crate::SmokeLayer::mirror) names other extensions to copy, and
/// [`AppFactory::header`] sets headers that every request needs.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use smoke_tower::{Client, Provided, Registry, Result, Runner, Selection, Test};
/// use smoke_tower::smoke_core::AppBody;
/// use tower::service_fn;
///
/// struct Config { greeting: String }
///
/// async fn greets(client: Client) -> Result {
///     client.get("/").send().await?.ensure_status(200)?;
///     Ok(())
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let registry = Registry::new()
///     .provide(Config { greeting: "hello".to_owned() })
///     .app(smoke_tower::app(|config: Provided<Config>| {
///         service_fn(move |_: Request<AppBody>| {
///             let greeting = Full::<Bytes>::from(config.greeting.clone());
///             async { Ok::<_, std::convert::Infallible>(Response::new(greeting)) }
///         })
///     }))
///     .test(Test::new("shop::greets", greets));
/// let report = Runner::new(registry).run(Selection::fast()).await;
/// assert!(report.verdict().is_pass(), "{report:#?}");
/// # }
/// ```
pub fn app<Marker, S, B>(factory: impl Factory<Marker, S>) -> AppFactory
where
    Marker: 'static,
    S: Service<Request<AppBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    AppFactory::new(factory, |service| ServiceApp::new(InProcess::new(service)))
}

/// [`app`] for a function, plain or async, that can fail. Its `?` accepts every error.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use smoke_tower::Registry;
/// use smoke_tower::smoke_core::AppBody;
/// use tower::service_fn;
///
/// let registry = Registry::new().app(smoke_tower::try_app(async || {
///     let greeting = std::env::var("GREETING")?;
///     Ok(service_fn(move |_: Request<AppBody>| {
///         let greeting = Full::<Bytes>::from(greeting.clone());
///         async { Ok::<_, std::convert::Infallible>(Response::new(greeting)) }
///     }))
/// }));
/// ```
pub fn try_app<Manner, Args, S, B>(
    factory: impl Factory<(Manner, Fallible, Args, Error), S>,
) -> AppFactory
where
    Manner: 'static,
    Args: 'static,
    S: Service<Request<AppBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    app(factory)
}

/// A tower service as the application under test. For adapters; applications use [`app`].
///
/// The service's requests have an [`Arrival`](crate::Arrival) in their extensions, which the adapter
/// has to [settle](crate::Arrival::settle).
pub struct ServiceApp<S> {
    /// Locked to be cloned and no longer, so that the service need not be `Sync`.
    service: Mutex<S>,
}

impl<S> ServiceApp<S> {
    /// Wraps a service.
    pub fn new(service: S) -> Self {
        Self {
            service: Mutex::new(service),
        }
    }
}

impl<S, B> App for ServiceApp<S>
where
    S: Service<Request<AppBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn call(&self, request: Request<AppBody>) -> Answering {
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        answer(service.clone(), request)
    }
}

/// Generic over the request: with the lifetime in `AppBody`'s error, which is `'static`, the
/// compiler cannot tell that the future is `Send`.
fn answer<S, R, B>(mut service: S, request: R) -> Answering
where
    S: Service<R, Response = Response<B>> + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    R: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Box::pin(async move {
        poll_fn(|cx| service.poll_ready(cx))
            .await
            .map_err(Into::into)?;
        let response = service.call(request).await.map_err(Into::into)?;
        Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
    })
}

impl<S> fmt::Debug for ServiceApp<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceApp").finish_non_exhaustive()
    }
}
