//! Makes a test's request look like one that comes from the server.

use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Request, Uri, Version};

use super::{AppBody, CallOptions, SmokeRequest};
use crate::{Arrival, Context};

/// Adds what every request of a smoke test has: the default headers, how it arrives, and the marker of
/// its test.
pub(super) fn arrive(cx: &Context, request: &mut Request<AppBody>, options: CallOptions) {
    let (test, run) = cx.names();
    // The extension says it all: no handler is to see the header.
    request.headers_mut().remove(SmokeRequest::HEADER);
    add_headers(&cx.supplies().app_headers, request);
    let own = request.extensions().get::<Arrival>();
    let arrival = own.unwrap_or_else(|| cx.arrival()).clone();
    if options.as_arrived {
        take_form(request, &arrival);
    }
    let extensions = request.extensions_mut();
    extensions.insert(arrival);
    extensions.insert(SmokeRequest::new(test, run));
}

/// Adds the default headers that the request does not have itself. From HTTP/2 on, a request may name
/// its host in its target.
fn add_headers(defaults: &HeaderMap, request: &mut Request<AppBody>) {
    let names_host = request.version() >= Version::HTTP_2 && request.uri().host().is_some();
    let headers = request.headers_mut();
    let missing: Vec<_> = defaults
        .keys()
        .filter(|name| !(headers.contains_key(*name) || names_host && *name == HOST))
        .collect();
    for name in missing {
        for value in defaults.get_all(name) {
            headers.append(name, value.clone());
        }
    }
}

/// Sets a request's version of HTTP, and its host, which is in the target from HTTP/2 on.
fn take_form(request: &mut Request<AppBody>, arrival: &Arrival) {
    *request.version_mut() = arrival.version;
    let localhost = HeaderValue::from_static("localhost");
    let host = request.headers_mut().entry(HOST).or_insert(localhost);
    if arrival.version < Version::HTTP_2 {
        return;
    }
    let Ok(authority) = Authority::try_from(host.as_bytes()) else {
        return;
    };
    let scheme = arrival.scheme.clone().unwrap_or(Scheme::HTTPS);
    let mut target = request.uri().clone().into_parts();
    (target.scheme, target.authority) = (Some(scheme), Some(authority));
    if let Ok(target) = Uri::from_parts(target) {
        *request.uri_mut() = target;
        request.headers_mut().remove(HOST);
    }
}
