//! The application under test: built anew for one test, called in process.

mod arriving;
mod body;
mod built;
mod edge;
mod error;
mod factory;
#[cfg(test)]
pub(crate) mod fake;
mod function;
mod marker;
mod noted;
mod options;
mod passage;
mod refused;

use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;

#[cfg(feature = "live")]
pub(crate) use body::AnswerBody;
pub use body::Trailers;
pub use edge::AppUnderTest;
pub use error::RequestError;
pub use factory::AppFactory;
pub use function::{Factory, Fallible, Unfailing};
pub use marker::SmokeRequest;
pub use options::CallOptions;
#[cfg(feature = "live")]
pub(crate) use passage::{Passage, name};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body of an in-process request or response.
pub type AppBody = UnsyncBoxBody<bytes::Bytes, BoxError>;

/// The application's routes, as an adapter gives them to the core.
///
/// # Examples
///
/// ```
/// use futures_util::future::BoxFuture;
/// use http::{Request, Response};
/// use http_body_util::{BodyExt, Full};
/// use smoke_core::{App, AppBody};
///
/// struct Hello;
///
/// impl App for Hello {
///     fn call(&self, _: Request<AppBody>) -> BoxFuture<'static, Result<Response<AppBody>, Box<dyn std::error::Error + Send + Sync>>> {
///         let body = Full::from("hello").map_err(|never| match never {}).boxed_unsync();
///         Box::pin(async { Ok(Response::new(body)) })
///     }
/// }
/// ```
pub trait App: Send + Sync + 'static {
    /// Handles one request. Called in the tests' runtime.
    fn call(
        &self,
        request: Request<AppBody>,
    ) -> BoxFuture<'static, Result<Response<AppBody>, BoxError>>;

    /// Whether the application reads and writes an upgraded connection through the bodies. If so, the
    /// request's body is what the client sends, and the body of an answer with status 101 is what the
    /// client receives.
    ///
    /// The body of such a request has no data before the answer. It ends if the status is not 101,
    /// and breaks off when the client closes the connection. Only `LiveServer`, which has
    /// connections, asks. The default is `false`: the application takes the connection from the
    /// request's extensions, as with [hyper].
    ///
    /// [hyper]: https://docs.rs/hyper/1/hyper/upgrade/index.html
    fn upgrades_by_body(&self, request: &Request<AppBody>) -> bool {
        let _ = request;
        false
    }
}
