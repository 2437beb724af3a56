//! The edge between a test and the application under test.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use smoke_report::{Kind, RequestMade};

use super::{App, AppBody, BoxError, RequestError, SmokeRequest};
use crate::rollback::{RollbackVerdict, Session};
use crate::{Context, Error, Fixture, Providers, Result};

/// The application under test, built once a test on that test's sandboxes.
///
/// Tests use [`Client`](crate::Client); this is what it, and whatever else sends requests, is
/// made of. Requests are handled one after the other, each in a savepoint of its own.
#[derive(Clone)]
pub struct AppUnderTest {
    app: Arc<dyn App>,
    cx: Context,
}

/// How one request is to be treated.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallOptions {
    /// The greatest size of the answer's body, in bytes. 1 MiB unless set.
    pub max_body: usize,
    /// The request writes to no database: it is not bypassed, whatever its method.
    pub without_database: bool,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            max_body: 1024 * 1024,
            without_database: false,
        }
    }
}

impl AppUnderTest {
    /// Has the application handle a request, and collects the answer.
    ///
    /// # Errors
    ///
    /// When there is no answer, and when what the request did in the database cannot be vouched
    /// for; the test is then errored also where it passes over the error.
    pub async fn call(
        &self,
        mut request: Request<AppBody>,
        options: CallOptions,
    ) -> Result<Response<Bytes>, RequestError> {
        let (method, path) = (request.method().clone(), request.uri().to_string());
        let name = format!("{method} {}", request.uri().path());
        let (test, run) = self.cx.names();
        request
            .extensions_mut()
            .insert(SmokeRequest::new(test, run));
        let edge = self.cx.edge();
        let _one_at_a_time = edge.lock().await;
        let sessions = self.cx.sessions();
        let checkouts = || {
            sessions
                .iter()
                .map(|session| session.checkouts())
                .sum::<u64>()
        };
        let started = Instant::now();
        let before = checkouts();
        enter(&sessions, &name).await?;
        let answer = self.answer(request, options.max_body, &name).await;
        let left = leave(&sessions, &name).await;
        let status = answer.as_ref().ok().map(Response::status);
        self.cx.note_request(RequestMade {
            method: method.to_string(),
            path,
            status: status.map(|status| status.as_u16()),
            duration: started.elapsed(),
        });
        let succeeded = status.is_some_and(|status| status.as_u16() < 400);
        let bypassed =
            succeeded && !options.without_database && !is_safe(&method) && checkouts() == before;
        let found = match left {
            Ok(()) if bypassed => Err(RollbackVerdict::Bypassed { request: name }),
            left => left,
        };
        match found {
            Ok(()) => answer,
            Err(verdict) => {
                self.cx.note_problem(verdict.clone());
                Err(RequestError::Rollback { verdict })
            }
        }
    }

    async fn answer(
        &self,
        request: Request<AppBody>,
        limit: usize,
        name: &str,
    ) -> Result<Response<Bytes>, RequestError> {
        let request_name = || name.to_owned();
        let answering = async {
            let response = self.app.call(request).await;
            let (head, body) = response
                .map_err(|source| RequestError::Service {
                    request: request_name(),
                    source,
                })?
                .into_parts();
            let body = Limited::new(body, limit)
                .collect()
                .await
                .map_err(|source: BoxError| {
                    if source.is::<LengthLimitError>() {
                        RequestError::TooLarge {
                            request: request_name(),
                            limit,
                        }
                    } else {
                        RequestError::Body {
                            request: request_name(),
                            source,
                        }
                    }
                })?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        AssertUnwindSafe(answering)
            .catch_unwind()
            .await
            .unwrap_or_else(|payload| {
                Err(RequestError::Panicked {
                    request: request_name(),
                    message: crate::panic::message(&*payload).to_owned(),
                })
            })
    }

    /// Runs a future from a blocking test.
    pub(crate) fn block_on<Fut: Future>(&self, future: Fut) -> Result<Fut::Output> {
        self.cx.block_on(future)
    }
}

/// The methods that [RFC 9110] calls safe and that applications use: they are not meant to write.
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

async fn enter(sessions: &[Arc<dyn Session>], request: &str) -> Result<(), RequestError> {
    for session in sessions {
        if let Err(error) = session.enter().await {
            return Err(match error.downcast_ref::<RollbackVerdict>() {
                Some(verdict) => RequestError::Rollback {
                    verdict: verdict.clone(),
                },
                None => RequestError::ConnectionHeld {
                    request: request.to_owned(),
                    source: format!("{error:#}").into(),
                },
            });
        }
    }
    Ok(())
}

/// Leaves every session; the first bad verdict counts.
async fn leave(sessions: &[Arc<dyn Session>], request: &str) -> Result<(), RollbackVerdict> {
    let mut found = Ok(());
    for session in sessions {
        let left = session.leave().await.map_err(|verdict| verdict.at(request));
        found = found.and(left);
    }
    found
}

impl fmt::Debug for AppUnderTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppUnderTest")
            .field("cx", &self.cx)
            .finish_non_exhaustive()
    }
}

impl Fixture for AppUnderTest {
    const KIND: Kind = Kind::Http;

    fn check(providers: &Providers<'_>) -> Result {
        match providers.app() {
            Some(factory) => factory.check(providers),
            None => Err(missing()),
        }
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        let factory = cx.supplies().app.clone().ok_or_else(missing)?;
        let app = AssertUnwindSafe(factory.build(cx.clone()))
            .catch_unwind()
            .await;
        let app = app.unwrap_or_else(|payload| {
            Err(Error::msg(format_args!(
                "the application's factory panicked: {}",
                crate::panic::message(&*payload)
            )))
        });
        Ok(Self {
            app: app?,
            cx: cx.unchained(),
        })
    }
}

fn missing() -> Error {
    Error::msg(
        "nothing builds the application under test: add .app(..) with a factory to the registry",
    )
}
