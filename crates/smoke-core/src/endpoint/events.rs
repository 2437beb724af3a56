//! The path `events`: what happens in the runs, as it happens (server-sent events).

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::request::Parts;
use http::{HeaderValue, Method, Response};

use super::{AnswerBody, Endpoint, asker, negotiate, respond};
use crate::SmokeRequest;
use crate::access::Viewer;
use crate::follow::{Followed, Unfollowed};
use crate::run::{Answer, Denial};

/// Proxies that know it (nginx) hold nothing back then.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// When somebody is to ask again for whom there was no place.
const AGAIN: Duration = Duration::from_secs(30);

impl Endpoint {
    /// The answer to the trusted, where that is what they ask for.
    pub(super) fn followed(
        &self,
        head: &Parts,
        (viewer, peer): (Viewer, Option<SocketAddr>),
    ) -> Option<Response<AnswerBody>> {
        let is_read = head.method == Method::GET;
        let is_answered = is_read || matches!(head.method, Method::HEAD | Method::OPTIONS);
        let is_of_a_test = head.extensions.get::<SmokeRequest>().is_some();
        if !is_answered || is_of_a_test || viewer != Viewer::Trusted {
            return None;
        }
        let body = match is_read.then(|| Followed::begin(&self.runner)) {
            None => AnswerBody::from(Bytes::new()),
            Some(Ok(followed)) => AnswerBody::events(followed),
            Some(Err(why)) => {
                let refused = self.unfollowed(why, head, (viewer, peer));
                let format = negotiate::format(&head.headers);
                return Some(respond::answered(refused, format, viewer).map(AnswerBody::from));
            }
        };
        let mut response = Response::new(body);
        let (build, instance) = self.runner.identity();
        respond::say_identity(&mut response, build, instance);
        let headers = response.headers_mut();
        for (name, value) in [
            (CONTENT_TYPE, "text/event-stream"),
            (CACHE_CONTROL, "no-store, no-transform"),
            (BUFFERING, "no"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Some(response)
    }

    fn unfollowed(
        &self,
        why: Unfollowed,
        head: &Parts,
        (viewer, peer): (Viewer, Option<SocketAddr>),
    ) -> Answer {
        let asker = asker::of(head, peer, viewer);
        match why {
            Unfollowed::Full => {
                let reason = "busy: as many follow the events as may";
                self.runner
                    .refuse(&asker, Denial::Busy, reason, Some(AGAIN))
            }
            Unfollowed::Off(error) => {
                let reason = format!("switched off: {error:#}");
                self.runner.refuse(&asker, Denial::Off, &reason, None)
            }
        }
    }
}
