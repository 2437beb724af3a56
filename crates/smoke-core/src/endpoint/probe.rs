//! The paths that answer from what is known: nothing is run, and nothing is waited for.

use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::header::ACCEPT;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use smoke_report::{Format, Standing, Verdict};

use super::query::Query;
use super::{Endpoint, Route, negotiate, respond};
use crate::access::Viewer;
use crate::watch::{Judgement, Probe};

impl Route {
    /// What is answered from what is known, if anything is.
    pub(super) fn probe(self, method: &Method) -> Option<Probe> {
        match self {
            Self::Live => Some(Probe::Live),
            Self::Startup => Some(Probe::Startup),
            Self::Ready => Some(Probe::Ready),
            Self::Status => Some(Probe::Status),
            // HAProxy asks so unless it is told otherwise.
            Self::Fast | Self::Slow if method == Method::OPTIONS => Some(Probe::Status),
            _ => None,
        }
    }
}

impl Endpoint {
    /// The answer of a probe path: in a word for strangers, and with everything for the trusted.
    pub(super) fn stand(&self, probe: Probe, head: &Parts, viewer: Viewer) -> Response<Bytes> {
        let (watch, now) = (self.runner.watch(), Instant::now());
        let (format, trusted) = (format(head), viewer == Viewer::Trusted);
        let (verdict, reason, body) = if trusted {
            let standing = self.runner.standing_at(probe, now);
            let body = standing.render(format).into();
            (standing.status, standing.reason, body)
        } else {
            let is_off = self.runner.off().is_some();
            let Judgement { verdict, reason } = watch.judge(probe, is_off, now);
            let body = match format {
                Format::Text => Bytes::from_static(word(verdict).as_bytes()),
                _ => Standing::new(probe.name(), verdict).render(format).into(),
            };
            (verdict, reason, body)
        };
        let status = match verdict {
            Verdict::Pass => StatusCode::OK,
            Verdict::Fail => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut response = respond::written(body, (status, verdict), format.content_type(), reason);
        if trusted {
            let (build, instance) = self.runner.identity();
            respond::say_identity(&mut response, build, instance);
        }
        if probe == Probe::Status
            && let Some(oldest) = watch.oldest()
        {
            let age = now.saturating_duration_since(oldest);
            respond::say_since(&mut response, SystemTime::now() - age);
        }
        response
    }
}

/// The format that is asked for. One that cannot be read is no reason to take an instance for down.
fn format(head: &Parts) -> Format {
    let asked = head
        .uri
        .query()
        .map(|query| Query::parse(Some(query)).format);
    match asked {
        Some(Ok(Some(format))) => format,
        _ if head.headers.contains_key(ACCEPT) => negotiate::format(&head.headers),
        _ => Format::Text,
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS\n",
        Verdict::Fail => "FAIL\n",
    }
}
