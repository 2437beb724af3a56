//! Salvo's routes as a tower service. Salvo's `tower-compat` goes the other way alone.

use std::sync::Arc;

use http::uri::Scheme;
use http::{Request, Response};
use salvo::Router;
use salvo::conn::SocketAddr;
use salvo::http::{ReqBody, ResBody};
use salvo::hyper::{self, service::Service as _};
use smoke_tower::SyncBody;
use smoke_tower::smoke_core::AppBody;
use tower::{Service, service_fn};

/// Does with a request what salvo's servers do: they call the handler for hyper, which salvo's
/// documentation leaves out.
pub(crate) fn service(
    router: Router,
) -> impl Service<Request<AppBody>, Response = Response<ResBody>, Error = hyper::Error, Future: Send>
+ Clone
+ Send
+ 'static {
    let service = Arc::new(salvo::Service::new(router));
    service_fn(move |request: Request<AppBody>| {
        let here = SocketAddr::Unknown;
        let handler = service.hyper_handler(here.clone(), here, Scheme::HTTP, None, None);
        handler.call(request.map(|body| ReqBody::Boxed {
            // Salvo wants bodies that are `Sync`.
            inner: Box::pin(SyncBody::new(body)),
            fusewire: None,
        }))
    })
}
