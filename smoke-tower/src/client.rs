use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use smoke_core::{
    AppBody, AppUnderTest, CallOptions, Context, Fixture, Kind, Providers, RequestError, Result,
    Trailers,
};
use tower_service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Answering = Pin<Box<dyn Future<Output = Result<Response<AppBody>, RequestError>> + Send>>;

/// Sends requests to the application under test, as [`Client`](crate::Client) does. For clients that
/// are built on a tower service, such as generated gRPC clients.
///
/// It collects the body of each answer, with its trailers.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use http_body_util::{BodyExt, Full};
/// use smoke_tower::{ClientService, Result, ensure_eq};
/// use tower::ServiceExt;
///
/// async fn the_shop_is_open(client: ClientService) -> Result {
///     let request = Request::get("/").body(Full::<Bytes>::default())?;
///     let body = client.oneshot(request).await?.into_body().collect().await?;
///     ensure_eq!(body.to_bytes(), "the shop is open");
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ClientService {
    app: AppUnderTest,
    options: CallOptions,
}

impl ClientService {
    /// Says that requests touch no database. Without this, a POST that succeeds without a connection
    /// from the sandbox is an error. All gRPC calls are POST, even those that only read.
    ///
    /// Use it only for requests that leave nothing behind: what they write elsewhere is not rolled
    /// back.
    #[must_use]
    pub fn without_database(mut self) -> Self {
        self.options.without_database = true;
        self
    }

    /// Sets the upper bound of an answer's body, in bytes. 1 MiB unless set.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.options.max_body = bytes;
        self
    }
}

impl Fixture for ClientService {
    const KIND: Kind = Kind::Http;
    const NAMED: bool = false;

    fn check(providers: &Providers<'_>) -> Result {
        providers.check::<AppUnderTest>()
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        Ok(Self {
            app: cx.get().await?,
            options: CallOptions::default(),
        })
    }
}

impl<B> Service<Request<B>> for ClientService
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<AppBody>;
    type Error = RequestError;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), RequestError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        let (app, options) = (self.app.clone(), self.options);
        let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
        Box::pin(async move {
            let mut answer = app.call(request, options).await?;
            let trailers = answer.extensions_mut().remove::<Trailers>();
            let trailers = async move { trailers.map(|Trailers(trailers)| Ok(trailers)) };
            Ok(answer.map(|body| {
                let body = Full::new(body).with_trailers(trailers);
                body.map_err(|never| match never {}).boxed_unsync()
            }))
        })
    }
}
