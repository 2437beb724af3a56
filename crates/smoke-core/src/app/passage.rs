//! One request's way through the edge: in, to the answer, and out again.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use http::{Method, Request, Response};
use tokio::sync::OwnedMutexGuard;

use super::arriving::arrive;
use super::body::AnswerBody;
use super::noted::Noted;
use super::{App, AppBody, CallOptions, RequestError};
use crate::Context;
use crate::rollback::{LastError, RequestEnd, RollbackVerdict, Session};

/// A request that has its turn, in savepoints of its own, until it [leaves](Self::leave).
///
/// If it is dropped before that, the client has gone away: the next request ends what it left behind.
/// A bypass is noted even then.
pub(crate) struct Passage {
    app: Arc<dyn App>,
    cx: Context,
    request: Arc<str>,
    sessions: Vec<Arc<dyn Session>>,
    /// The number of checkouts before the request, if there have to be more after it.
    before: Option<u64>,
    noted: Option<Noted>,
    _one_at_a_time: OwnedMutexGuard<()>,
}

impl Passage {
    /// Waits for the request's turn, and sets a savepoint in every session. If a session refuses, no
    /// savepoint is left.
    pub(crate) async fn enter(
        app: &Arc<dyn App>,
        cx: &Context,
        request: &mut Request<AppBody>,
        options: CallOptions,
    ) -> Result<Self, RequestError> {
        arrive(cx, request, options);
        let one_at_a_time = cx.edge().lock_owned().await;
        let sessions = cx.sessions().map_err(|error| RequestError::Over {
            request: name(request),
            source: format!("{error:#}").into(),
        })?;
        let has_to_check_out = !is_safe(request.method()) && !options.without_database;
        let mut passage = Self {
            app: Arc::clone(app),
            request: name(request).into(),
            before: has_to_check_out.then(|| checkouts(&sessions)),
            sessions,
            noted: None,
            cx: cx.clone(),
            _one_at_a_time: one_at_a_time,
        };
        passage.enter_sessions().await?;
        // What was said before the request is not the request's.
        passage.take_last_errors();
        passage.noted = Some(Noted::new(&passage.cx, request));
        Ok(passage)
    }

    async fn enter_sessions(&self) -> Result<(), RequestError> {
        for (entered, session) in self.sessions.iter().enumerate() {
            let Err(error) = session.enter().await else {
                continue;
            };
            let found = error.downcast_ref::<RollbackVerdict>();
            let found = found.map(|verdict| self.problem(verdict.clone()));
            let left = self.leave_sessions(entered).await;
            return Err(match found.or(left) {
                Some(verdict) => RequestError::Rollback {
                    verdict,
                    answer: None,
                },
                None => RequestError::ConnectionHeld {
                    request: self.request.to_string(),
                    source: format!("{error:#}").into(),
                },
            });
        }
        Ok(())
    }

    /// Calls the application, and returns its answer. The body is not read yet.
    pub(crate) async fn answer(
        &mut self,
        request: Request<AppBody>,
    ) -> Result<Response<AnswerBody>, RequestError> {
        let answering = async { self.app.call(request).await };
        let answered = AssertUnwindSafe(answering).catch_unwind().await;
        let answered = answered
            .map_err(|payload| {
                let error = RequestError::panicked(&self.request, payload, &self.cx.scene());
                (RequestEnd::Panicked, error)
            })
            .and_then(|answered| {
                answered.map_err(|source| {
                    let request = self.request.to_string();
                    (
                        RequestEnd::Failed,
                        RequestError::Service { request, source },
                    )
                })
            });
        let answer = match answered {
            Ok(answer) => answer,
            Err((end, error)) => {
                if let Some(noted) = &mut self.noted {
                    noted.unanswered = Some(end);
                }
                return Err(error);
            }
        };
        let (head, body) = answer.into_parts();
        let mut body = AnswerBody::new(body, Arc::clone(&self.request), self.cx.scene());
        if let Some(noted) = &mut self.noted {
            noted.status = Some(head.status);
            noted.refused.note(&head.headers);
            body = body.noting(noted.refused.clone());
        }
        Ok(Response::from_parts(head, body))
    }

    /// Leaves every session, notes each bad verdict, and returns the first one. A bypass counts only if
    /// the request succeeded. Any other request has an error of its own.
    pub(crate) async fn leave(mut self) -> Option<RollbackVerdict> {
        let succeeded = self.noted.as_ref().is_some_and(Noted::succeeded);
        // Noted before anything else is waited for: this future may be dropped any time.
        let bypassed = self.over();
        let left = self.leave_sessions(self.sessions.len()).await;
        if !succeeded && let Some(error) = self.take_last_errors() {
            self.cx.note_last_error(&self.request, error);
        }
        left.or(bypassed)
    }

    /// Puts the request into the report, once, and notes if it bypassed the sandboxes. It returns the
    /// bypass if the request succeeded. It does not wait.
    fn over(&mut self) -> Option<RollbackVerdict> {
        let end = self.noted.take()?.end()?;
        let took_none = self.before == Some(checkouts(&self.sessions));
        let bypassed = took_none.then(|| {
            self.problem(RollbackVerdict::Bypassed {
                request: self.request.to_string(),
                end,
            })
        });
        bypassed.filter(|_| end == RequestEnd::Succeeded)
    }

    /// The last error of the databases. One whose text is known comes first.
    fn take_last_errors(&self) -> Option<LastError> {
        let errors = self
            .sessions
            .iter()
            .filter_map(|session| session.take_last_error());
        errors.max_by_key(|error| error.said().is_some())
    }

    async fn leave_sessions(&self, entered: usize) -> Option<RollbackVerdict> {
        let mut found = None;
        for session in &self.sessions[..entered] {
            if let Err(verdict) = session.leave().await {
                let verdict = self.problem(verdict.at(&self.request));
                found = found.or(Some(verdict));
            }
        }
        found
    }

    fn problem(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        self.cx.note_problem(verdict.clone());
        verdict
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.over();
    }
}

/// What reports and messages show of a request. Tokens and addresses are in queries.
pub(crate) fn name<B>(request: &Request<B>) -> String {
    format!("{} {}", request.method(), request.uri().path())
}

/// The methods that [RFC 9110] calls safe and that applications use: they are not meant to write.
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn checkouts(sessions: &[Arc<dyn Session>]) -> u64 {
    sessions.iter().map(|session| session.checkouts()).sum()
}
