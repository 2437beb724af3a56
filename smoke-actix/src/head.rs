//! Heads of requests and responses, between actix-web's version of the `http` crate and ours.

use actix_http::RequestHead;
use actix_web::dev::AppConfig;
use actix_web::error::HttpError;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri, Version};
use http::request::Parts;
use http::uri::PathAndQuery;
use smoke_core::Arrival;

/// What the endpoint looks at in the head of a request: no more than the path is left out of the
/// target.
///
/// None where this version of `http` cannot say it.
pub(crate) fn parts(head: &RequestHead) -> Option<Parts> {
    let target = head
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let mut parts = http::Request::new(()).into_parts().0;
    parts.uri = PathAndQuery::try_from(target).ok()?.into();
    parts.version = version_of(head.version);
    parts.method = http::Method::from_bytes(head.method.as_str().as_bytes()).ok()?;
    parts.headers = head
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let name = http::HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
            Some((name, http::HeaderValue::from_bytes(value.as_bytes()).ok()?))
        })
        .fold(http::HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        });
    Some(parts)
}

/// How a request arrived: the peer, and the server's configuration, which has the scheme and the
/// server's own address.
pub(crate) fn arrival(head: &RequestHead, config: &AppConfig) -> Arrival {
    let mut arrival = Arrival::new(version_of(head.version));
    arrival.peer = head.peer_addr;
    arrival.scheme = head.uri.scheme_str().and_then(|scheme| scheme.parse().ok());
    arrival.extensions.insert(config.clone());
    arrival
}

/// Makes `head` that of an in-process request.
pub(crate) fn set(head: &mut RequestHead, parts: &Parts) -> Result<(), HttpError> {
    head.method = Method::from_bytes(parts.method.as_str().as_bytes())?;
    head.uri = Uri::try_from(parts.uri.to_string())?;
    head.version = version(parts.version);
    for (name, value) in &parts.headers {
        let name = HeaderName::from_bytes(name.as_str().as_bytes())?;
        let value = HeaderValue::from_bytes(value.as_bytes())?;
        head.headers.append(name, value);
    }
    Ok(())
}

fn version_of(version: Version) -> http::Version {
    match version {
        Version::HTTP_09 => http::Version::HTTP_09,
        Version::HTTP_10 => http::Version::HTTP_10,
        Version::HTTP_2 => http::Version::HTTP_2,
        Version::HTTP_3 => http::Version::HTTP_3,
        _ => http::Version::HTTP_11,
    }
}

fn version(version: http::Version) -> Version {
    match version {
        http::Version::HTTP_09 => Version::HTTP_09,
        http::Version::HTTP_10 => Version::HTTP_10,
        http::Version::HTTP_2 => Version::HTTP_2,
        http::Version::HTTP_3 => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

/// The head of the application's answer.
pub(crate) fn response(
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<http::Response<()>, http::Error> {
    let mut response = http::Response::new(());
    *response.status_mut() = http::StatusCode::from_u16(status.as_u16())?;
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_str().as_bytes())?;
        let value = http::HeaderValue::from_bytes(value.as_bytes())?;
        response.headers_mut().append(name, value);
    }
    Ok(response)
}
