use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderName;
use smoke_core::{Endpoint, SmokeRequest};

use super::{ResponseBody, ResponseFuture};
use crate::head;

static HEADER: HeaderName = HeaderName::from_static(SmokeRequest::HEADER);

/// An application behind [`Smoke`](crate::Smoke).
#[derive(Debug)]
pub struct SmokeMiddleware<S> {
    inner: S,
    endpoint: Arc<Endpoint>,
}

impl<S> SmokeMiddleware<S> {
    pub(crate) fn new(inner: S, endpoint: Arc<Endpoint>) -> Self {
        Self { inner, endpoint }
    }
}

impl<S, B> Service<ServiceRequest> for SmokeMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>>,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        match self.endpoint.route(request.path()) {
            None => {
                if self.endpoint.wants_arrival() {
                    look_at(&self.endpoint, &request);
                }
                if request.headers().contains_key(&HEADER) {
                    receive(&self.endpoint, &mut request);
                }
                ResponseFuture::inner(self.inner.call(request))
            }
            Some(route) => ResponseFuture::ours(Arc::clone(&self.endpoint), route, request),
        }
    }
}

/// Takes note of how a request arrived, unless it is a test's.
#[cold]
fn look_at(endpoint: &Endpoint, request: &ServiceRequest) {
    if request.extensions().get::<SmokeRequest>().is_none() {
        endpoint.note_arrival(head::arrival(request.head(), request.app_config()));
    }
}

/// Takes the header off by which services tell each other of smoke tests, and says in an extension
/// what is to be believed of it.
#[cold]
fn receive(endpoint: &Endpoint, request: &mut ServiceRequest) {
    let values = request.headers_mut().remove(&HEADER);
    let values: Vec<_> = values.collect();
    if let Some(called) = endpoint.believe(values.iter().map(|value| value.as_bytes())) {
        request.extensions_mut().insert(called);
    }
}
