//! The page for people, over HTTP.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};

use super::query::Query;
use super::{Endpoint, Route, respond};
use crate::SmokeRequest;
use crate::access::Viewer;
use crate::page::{self, Look, Shown, View};
use crate::run::Answer;

const HTML: &str = "text/html; charset=utf-8";
/// Scripts, styles and all else come from here or from nowhere, and no other page frames this one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// What a page and its parts have, whoever sees them.
const GUARDS: [(&str, &str); 5] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    // Another origin learns nothing of the address, and forms of the page still say whose they are.
    ("referrer-policy", "same-origin"),
];

impl Endpoint {
    /// The page and its parts, where nothing has to be run for them, to whoever may see something.
    pub(super) fn paged(
        &self,
        route: Route,
        head: &Parts,
        query: &Query,
        viewer: Viewer,
    ) -> Option<Response<Bytes>> {
        let is_read = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if !is_read || head.extensions.get::<SmokeRequest>().is_some() {
            return None;
        }
        match route {
            Route::PageStyle => Some(part("text/css; charset=utf-8", page::STYLE)),
            Route::PageScript => Some(part("text/javascript; charset=utf-8", page::SCRIPT)),
            Route::PageIcon => Some(part("image/svg+xml", page::ICON)),
            Route::Page if viewer != Viewer::Refused => {
                let trusted = viewer == Viewer::Trusted;
                // A stranger who wants to log in is asked for the token. The page comes at once then: Chromium
                // does not send it with what an answer to it leads to.
                let is_shown = trusted || !query.of_page.login;
                is_shown.then(|| self.page(look(route, head, query, viewer)))
            }
            _ => None,
        }
    }

    /// The page as it is. Its status says that it could be shown, and nothing of the tests.
    fn page(&self, look: Look) -> Response<Bytes> {
        let trusted = look.is_trusted;
        let (body, verdict) = page::render(&View::of(&self.runner, look, None));
        let said = (StatusCode::OK, verdict);
        let mut response = guarded(respond::written(body.into(), said, HTML, None));
        if trusted {
            let (build, instance) = self.runner.identity();
            respond::say_identity(&mut response, build, instance);
        }
        response
    }

    /// What a run found, as the page.
    pub(super) fn answered_by_page(
        &self,
        route: Route,
        head: &Parts,
        query: &Query,
        answer: &Answer,
        viewer: Viewer,
    ) -> Response<Bytes> {
        let look = look(route, head, query, viewer);
        if route == Route::Page && answer.reason.is_none() {
            // So that to load it anew does not run the tests anew.
            return back_to_the_page(&look);
        }
        let report = match look.is_trusted {
            true => Arc::clone(&answer.report),
            false => Arc::new(answer.report.without_details()),
        };
        let shown = Shown {
            report: Arc::clone(&report),
            started: answer.started,
        };
        let (body, verdict) = page::render(&View::of(&self.runner, look, Some(shown)));
        let said = (super::status(answer), verdict);
        let response = respond::written(body.into(), said, HTML, answer.reason);
        respond::dressed(guarded(response), answer, &report)
    }
}

fn back_to_the_page(look: &Look) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let page = format!("{}page{}", look.root, if look.all { "?all" } else { "" });
    if let Ok(page) = HeaderValue::from_str(&page) {
        response.headers_mut().insert(LOCATION, page);
    }
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    guarded(response)
}

fn look(route: Route, head: &Parts, query: &Query, viewer: Viewer) -> Look {
    Look {
        root: root(route, head.uri.path()),
        is_trusted: viewer == Viewer::Trusted,
        all: query.of_page.all,
    }
}

/// The parts of the page are the same for everybody, and tell nothing.
fn part(kind: &'static str, text: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_LENGTH, text.len().into());
    let cached = HeaderValue::from_static("private, max-age=3600");
    headers.insert(CACHE_CONTROL, cached);
    guarded(response)
}

fn guarded(mut response: Response<Bytes>) -> Response<Bytes> {
    for (name, value) in GUARDS {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// The way from a path to the endpoint's folder. It is relative: a proxy may have taken away a beginning of the
/// path that the browser knows.
fn root(route: Route, path: &str) -> String {
    let is_folder = path.ends_with('/');
    match route {
        Route::Fast if is_folder => "./".to_owned(),
        Route::Fast => format!("{}/", path.rsplit('/').next().unwrap_or_default()),
        _ if is_folder => "../".to_owned(),
        _ => "./".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_folder_is_relative() {
        for (route, path, way) in [
            (Route::Fast, "/smoketest", "smoketest/"),
            (Route::Fast, "/smoketest/", "./"),
            (Route::Slow, "/smoketest/slow", "./"),
            (Route::Slow, "/smoketest/slow/", "../"),
            (Route::Page, "/internal/smoke/page", "./"),
            (Route::Page, "/internal/smoke/page/", "../"),
        ] {
            assert_eq!(root(route, path), way, "{path}");
        }
    }
}
