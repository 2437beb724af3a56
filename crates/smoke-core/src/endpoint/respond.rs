//! The answer as HTTP.

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    AGE, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LAST_MODIFIED,
    RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderValue, Method, Response, StatusCode};
use smoke_report::{Format, Report};

use crate::access::Viewer;
use crate::run::{Answer, Denial};

const STATUS: HeaderName = HeaderName::from_static("x-smoke-status");
const BUILD: HeaderName = HeaderName::from_static("x-smoke-build");
const INSTANCE: HeaderName = HeaderName::from_static("x-smoke-instance");
const RUN: HeaderName = HeaderName::from_static("x-smoke-run");
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// Why no run is asked for.
pub(crate) enum Declined {
    Recursion,
    Credentials,
    TokenNeeded(&'static str),
    NoTokenSet(&'static str),
    UnknownPath,
    Method,
    Format(String),
}

impl Declined {
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Recursion => {
                "a smoke test asked for the smoke tests: it would never end".to_owned()
            }
            Self::Credentials => {
                "the right token is needed: send Authorization: Bearer <token>".to_owned()
            }
            Self::TokenNeeded(what) => {
                format!("{what} need the token: send Authorization: Bearer <token>")
            }
            Self::NoTokenSet(what) => {
                format!(
                    "{what} need a token, and the application has set none: call .token(..) or .open() on its registry"
                )
            }
            Self::UnknownPath => {
                "there is nothing at this path: ask for the prefix itself, or for slow/ under it"
                    .to_owned()
            }
            Self::Method => "this method is not answered: use GET, HEAD or POST".to_owned(),
            Self::Format(reason) => reason.clone(),
        }
    }

    /// What the log counts it as.
    pub(crate) fn denial(&self) -> Denial {
        match self {
            Self::Recursion => Denial::Recursion,
            Self::Credentials => Denial::Credentials,
            Self::TokenNeeded(_) | Self::NoTokenSet(_) => Denial::Privilege,
            Self::UnknownPath | Self::Method | Self::Format(_) => Denial::Request,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Credentials | Self::TokenNeeded(_) => StatusCode::UNAUTHORIZED,
            Self::NoTokenSet(_) => StatusCode::FORBIDDEN,
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Recursion | Self::Format(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The answer that a run gave, as much of it as the viewer may see.
pub(crate) fn answered(answer: Answer, format: Format, viewer: Viewer) -> Response<Bytes> {
    let status = super::status(&answer);
    if viewer == Viewer::Trusted {
        respond(&answer, &answer.report, status, format)
    } else {
        respond(&answer, &answer.report.without_details(), status, format)
    }
}

/// The answer where no run was asked for.
pub(crate) fn refused(
    answer: Answer,
    refusal: &Declined,
    format: Format,
    viewer: Viewer,
) -> Response<Bytes> {
    let mut shown = Report::clone(&answer.report);
    if viewer != Viewer::Trusted {
        (shown.build, shown.instance) = (None, None);
    }
    let mut response = respond(&answer, &shown, refusal.status(), format);
    match refusal.status() {
        StatusCode::UNAUTHORIZED => {
            response.headers_mut().insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"smoke tests\""),
            );
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
        }
        _ => {}
    }
    response
}

/// HEAD has the headers of GET, the length among them, and no body.
pub(crate) fn without_body_for_head(response: Response<Bytes>, method: &Method) -> Response<Bytes> {
    if method == Method::HEAD {
        response.map(|_| Bytes::new())
    } else {
        response
    }
}

fn respond(answer: &Answer, shown: &Report, status: StatusCode, format: Format) -> Response<Bytes> {
    let body = Bytes::from(shown.render(format));
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let length = response.body().len();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static(format.content_type()),
    );
    headers.insert(CONTENT_LENGTH, length.into());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
    headers.insert(STATUS, HeaderValue::from_static(shown.verdict().as_str()));
    let run = Some(&shown.run);
    let texts = [
        (RUN, run),
        (BUILD, shown.build.as_ref()),
        (INSTANCE, shown.instance.as_ref()),
    ];
    for (name, value) in texts {
        // Values that no header can carry make the registry's runs a FAIL that says so.
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
    if let Ok(started) = HeaderValue::from_str(&httpdate::fmt_http_date(answer.started)) {
        headers.insert(LAST_MODIFIED, started);
    }
    if answer.age > Duration::ZERO {
        headers.insert(AGE, answer.age.as_secs().into());
    }
    if let Some(retry_after) = answer.retry_after {
        headers.insert(RETRY_AFTER, retry_after.as_secs().max(1).into());
    }
    response
}
