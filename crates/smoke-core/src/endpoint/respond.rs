//! The answer as HTTP.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{
    AGE, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LAST_MODIFIED,
    RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderValue, Method, Response, StatusCode};
use smoke_report::{Format, Reason, Report, Verdict};

use crate::access::Viewer;
use crate::run::{Answer, Denial};

const STATUS: HeaderName = HeaderName::from_static("x-smoke-status");
const BUILD: HeaderName = HeaderName::from_static("x-smoke-build");
const INSTANCE: HeaderName = HeaderName::from_static("x-smoke-instance");
const RUN: HeaderName = HeaderName::from_static("x-smoke-run");
const REASON: HeaderName = HeaderName::from_static("x-smoke-reason");
const SET: HeaderName = HeaderName::from_static("x-smoke-set");
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// Why no run is asked for.
pub(crate) enum Declined {
    Recursion,
    Credentials,
    TokenNeeded(&'static str),
    NoTokenSet(&'static str),
    UnknownPath,
    Method(Allowed),
    Query(String),
    /// A run that somebody else's page may ask for in the name of the trusted.
    Forged,
}

/// The methods that a path answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Runs are asked for.
    Runs,
    /// Nothing is run.
    Probes,
}

impl Allowed {
    fn methods(self) -> &'static str {
        match self {
            Self::Runs => "GET, HEAD, OPTIONS, POST",
            Self::Probes => "GET, HEAD, OPTIONS",
        }
    }
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
                "there is nothing at this path: ask for the prefix itself, or under it for slow, live, startup, ready, status or events, or for page or metrics where the feature of that name is on"
                    .to_owned()
            }
            Self::Method(allowed) => {
                format!("this method is not answered: use one of {}", allowed.methods())
            }
            Self::Query(reason) => reason.clone(),
            Self::Forged => {
                "another site's page may have sent this: such a run needs Authorization: Bearer <token>, or Sec-Fetch-Site: same-origin, or an Origin that is the Host"
                    .to_owned()
            }
        }
    }

    /// What the log counts it as.
    pub(crate) fn denial(&self) -> Denial {
        match self {
            Self::Recursion => Denial::Recursion,
            Self::Credentials => Denial::Credentials,
            Self::TokenNeeded(_) | Self::NoTokenSet(_) | Self::Forged => Denial::Privilege,
            Self::UnknownPath | Self::Method(_) | Self::Query(_) => Denial::Request,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Credentials | Self::TokenNeeded(_) => StatusCode::UNAUTHORIZED,
            Self::NoTokenSet(_) | Self::Forged => StatusCode::FORBIDDEN,
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            // A stranger's mistake, and not this instance's fault.
            Self::Query(_) => StatusCode::BAD_REQUEST,
            Self::Recursion => StatusCode::SERVICE_UNAVAILABLE,
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
    (format, is_for_people): (Format, bool),
    viewer: Viewer,
) -> Response<Bytes> {
    let mut shown = Report::clone(&answer.report);
    if viewer != Viewer::Trusted {
        (shown.build, shown.instance) = (None, None);
    }
    let mut response = respond(&answer, &shown, refusal.status(), format);
    match refusal {
        Declined::Credentials | Declined::TokenNeeded(_) => {
            // A browser asks its user for a password, and where it does is a page.
            let challenge = match is_for_people {
                true => "Basic realm=\"smoke tests\", charset=\"UTF-8\"",
                false => "Bearer realm=\"smoke tests\"",
            };
            let challenge = HeaderValue::from_static(challenge);
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        Declined::Method(allowed) => {
            let methods = HeaderValue::from_static(allowed.methods());
            response.headers_mut().insert(ALLOW, methods);
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

/// An answer with the headers that all answers have. `kind` is its `Content-Type`.
pub(crate) fn written(
    body: Bytes,
    (status, verdict): (StatusCode, Verdict),
    kind: &'static str,
    reason: Option<Reason>,
) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let length = response.body().len();
    let headers = response.headers_mut();
    headers.reserve(10);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_LENGTH, length.into());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
    headers.insert(STATUS, HeaderValue::from_static(verdict.as_str()));
    if let Some(reason) = reason {
        headers.insert(REASON, HeaderValue::from_static(reason.as_str()));
    }
    response
}

/// Says when the oldest result in an answer was computed.
pub(crate) fn say_since(response: &mut Response<Bytes>, since: SystemTime) {
    if let Ok(since) = HeaderValue::from_str(&httpdate::fmt_http_date(since)) {
        response.headers_mut().insert(LAST_MODIFIED, since);
    }
}

/// Says which variables of the environment are set for smoke tests.
pub(crate) fn say_set<B>(response: &mut Response<B>, names: &[&str]) {
    if let (false, Ok(names)) = (names.is_empty(), HeaderValue::from_str(&names.join(", "))) {
        response.headers_mut().insert(SET, names);
    }
}

/// Says what the application is and where it runs. Values that no header can carry make the
/// registry's runs a FAIL that says so.
pub(crate) fn say_identity<B>(
    response: &mut Response<B>,
    build: Option<&str>,
    instance: Option<&str>,
) {
    for (name, value) in [(BUILD, build), (INSTANCE, instance)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
}

fn respond(answer: &Answer, shown: &Report, status: StatusCode, format: Format) -> Response<Bytes> {
    let body = match format {
        Format::Json => {
            let shown = shown.clone().as_of(answer.started, answer.age);
            shown.render(format)
        }
        _ => shown.render(format),
    };
    let said = (status, shown.verdict());
    let response = written(body.into(), said, format.content_type(), answer.reason);
    dressed(response, answer, shown)
}

/// An answer with the headers that tell of its run.
pub(super) fn dressed(
    mut response: Response<Bytes>,
    answer: &Answer,
    shown: &Report,
) -> Response<Bytes> {
    if let Ok(run) = HeaderValue::from_str(&shown.run) {
        response.headers_mut().insert(RUN, run);
    }
    say_identity(
        &mut response,
        shown.build.as_deref(),
        shown.instance.as_deref(),
    );
    say_since(&mut response, answer.started);
    let headers = response.headers_mut();
    if answer.age > Duration::ZERO {
        headers.insert(AGE, answer.age.as_secs().into());
    }
    if let Some(retry_after) = answer.retry_after {
        headers.insert(RETRY_AFTER, retry_after.as_secs().max(1).into());
    }
    response
}
