//! The line of a test's report about one request.

use std::mem;
use std::time::Instant;

use http::{Request, StatusCode};
use smoke_report::RequestMade;

use super::AppBody;
use super::refused::Refused;
use crate::Context;
use crate::rollback::RequestEnd;

/// Puts a request into the test's report when it is over, even if its future was dropped.
pub(super) struct Noted {
    cx: Context,
    method: String,
    path: String,
    pub(super) status: Option<StatusCode>,
    /// How the request ended, if it got no answer.
    pub(super) unanswered: Option<RequestEnd>,
    /// Whether the application refused the request by other means than the status.
    pub(super) refused: Refused,
    started: Instant,
}

impl Noted {
    pub(super) fn new(cx: &Context, request: &Request<AppBody>) -> Self {
        Self {
            cx: cx.clone(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            status: None,
            unanswered: None,
            refused: Refused::default(),
            started: Instant::now(),
        }
    }

    /// Whether the application accepted what it was asked to do.
    pub(super) fn succeeded(&self) -> bool {
        self.end() == Some(RequestEnd::Succeeded)
    }

    /// How the request ended. None if the application refused it.
    pub(super) fn end(&self) -> Option<RequestEnd> {
        let Some(status) = self.status else {
            return Some(self.unanswered.unwrap_or(RequestEnd::Dropped));
        };
        if self.refused.is_noted() || status.is_client_error() {
            return None;
        }
        Some(match status.is_server_error() {
            true => RequestEnd::Failed,
            false => RequestEnd::Succeeded,
        })
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        let mut made = RequestMade::new(mem::take(&mut self.method), mem::take(&mut self.path))
            .with_duration(self.started.elapsed());
        made.status = self.status.map(|status| status.as_u16());
        self.cx.note_request(made);
    }
}
