use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use smoke_core::{Endpoint, PrefixError, Runner};

use super::{ResponseBody, SmokeMiddleware};

/// Answers `GET /smoketest/` in front of an application, and passes everything else through
/// untouched.
///
/// Add it as the last call of [`App::wrap`](actix_web::App::wrap). A middleware that is wrapped later
/// sees requests for a verdict before it, and the answers after it. Its prefix counts from the root of
/// the server, even around a scope; use [`routes`](crate::routes) there.
///
/// It removes only the header [`SmokeRequest::HEADER`](crate::SmokeRequest::HEADER) from them,
/// whoever sends it, so that no handler sees a forged one. If a known service has signed the header,
/// the handler finds [`CalledBySmokeTest`](crate::CalledBySmokeTest) in the request's extensions.
///
/// All workers share one runner: make it once, outside the closure that
/// [`HttpServer::new`](actix_web::HttpServer::new) takes.
///
/// # Examples
///
/// ```no_run
/// use actix_web::{App, HttpServer, web};
/// use smoke_actix::{Registry, Runner, Smoke, Test};
///
/// #[actix_web::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let registry = Registry::new().test(Test::new("shop::opens", async || {}));
///     let smoke = Smoke::new(&Runner::new(registry)).prefix("/internal/smoke")?;
///     HttpServer::new(move || {
///         App::new()
///             .route("/", web::get().to(async || "the shop"))
///             .wrap(smoke.clone())
///     })
///     .bind(("127.0.0.1", 8080))?
///     .run()
///     .await?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Smoke {
    endpoint: Arc<Endpoint>,
}

impl Smoke {
    /// The middleware of a runner.
    pub fn new(runner: &Runner) -> Self {
        Self {
            endpoint: Arc::new(Endpoint::new(runner)),
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
}

impl<S, B> Transform<S, ServiceRequest> for Smoke
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>>,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = S::Error;
    type Transform = SmokeMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(SmokeMiddleware::new(
            service,
            Arc::clone(&self.endpoint),
        )))
    }
}
