//! The edge between a test and the application under test.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use smoke_report::Kind;

use super::noted::Noted;
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

/// What came after the body of an answer: gRPC has its status there.
///
/// In the extensions of the answer that [`AppUnderTest::call`] collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trailers(pub HeaderMap);

type Collected = (Bytes, Option<Trailers>);

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
    /// Has the application handle a request, and collects the answer. Where its body ends with
    /// trailers, they are in the extensions, as [`Trailers`].
    ///
    /// The report of the test names the request by method and path. The query is kept out of it
    /// and out of every message: tokens and addresses are in queries.
    ///
    /// A call that is dropped before it has ended is as if the client had gone away: the
    /// application's future is dropped, and the next call is handled as usual.
    ///
    /// # Errors
    ///
    /// When there is no answer, and when what the request did in the database cannot be vouched
    /// for; in the second case the test is errored also where it passes over the error.
    pub async fn call(
        &self,
        mut request: Request<AppBody>,
        options: CallOptions,
    ) -> Result<Response<Bytes>, RequestError> {
        let (test, run) = self.cx.names();
        request
            .extensions_mut()
            .insert(SmokeRequest::new(test, run));
        let method = request.method().clone();
        let name = format!("{method} {}", request.uri().path());
        let edge = self.cx.edge();
        let _one_at_a_time = edge.lock().await;
        let sessions = self.cx.sessions();
        let before = checkouts(&sessions);
        self.enter(&sessions, &name).await?;
        let mut noted = Noted::new(&self.cx, &request);
        let answer = self.answer(request, options.max_body, &mut noted).await;
        let wrote = noted.succeeded() && !options.without_database && !is_safe(&method);
        drop(noted);
        // Noted before anything else is waited for: the caller may drop this future any time.
        let bypassed = (wrote && checkouts(&sessions) == before).then(|| {
            self.problem(RollbackVerdict::Bypassed {
                request: name.clone(),
            })
        });
        let left = self.leave(&sessions, &name).await;
        match left.or(bypassed) {
            None => answer,
            Some(verdict) => Err(RequestError::Rollback {
                verdict,
                answer: answer.err().map(Box::new),
            }),
        }
    }

    /// Sets a savepoint in every session; where one refuses, in none.
    async fn enter(
        &self,
        sessions: &[Arc<dyn Session>],
        request: &str,
    ) -> Result<(), RequestError> {
        for (entered, session) in sessions.iter().enumerate() {
            let Err(error) = session.enter().await else {
                continue;
            };
            let found = error.downcast_ref::<RollbackVerdict>();
            let found = found.map(|verdict| self.problem(verdict.clone()));
            let left = self.leave(&sessions[..entered], request).await;
            return Err(match found.or(left) {
                Some(verdict) => RequestError::Rollback {
                    verdict,
                    answer: None,
                },
                None => RequestError::ConnectionHeld {
                    request: request.to_owned(),
                    source: format!("{error:#}").into(),
                },
            });
        }
        Ok(())
    }

    /// Leaves every session and notes each bad verdict; the first one counts.
    async fn leave(&self, sessions: &[Arc<dyn Session>], request: &str) -> Option<RollbackVerdict> {
        let mut found = None;
        for session in sessions {
            if let Err(verdict) = session.leave().await {
                let verdict = self.problem(verdict.at(request));
                found = found.or(Some(verdict));
            }
        }
        found
    }

    fn problem(&self, verdict: RollbackVerdict) -> RollbackVerdict {
        self.cx.note_problem(verdict.clone());
        verdict
    }

    async fn answer(
        &self,
        request: Request<AppBody>,
        limit: usize,
        noted: &mut Noted<'_>,
    ) -> Result<Response<Bytes>, RequestError> {
        let name = format!("{} {}", request.method(), request.uri().path());
        let answering = async {
            let answer = self.app.call(request).await;
            let (mut head, body) = answer
                .map_err(|source| RequestError::Service {
                    request: name.clone(),
                    source,
                })?
                .into_parts();
            noted.status = Some(head.status);
            match collect(body, limit).await {
                Ok(Some((body, trailers))) => {
                    if let Some(trailers) = trailers {
                        head.extensions.insert(trailers);
                    }
                    Ok(Response::from_parts(head, body))
                }
                Ok(None) => Err(RequestError::TooLarge {
                    request: name.clone(),
                    limit,
                }),
                Err(source) => Err(RequestError::Body {
                    request: name.clone(),
                    source,
                }),
            }
        };
        let answered = AssertUnwindSafe(answering).catch_unwind().await;
        answered.unwrap_or_else(|payload| {
            let panic = crate::panic::error(&*payload, &self.cx.scene());
            Err(RequestError::Panicked {
                request: name,
                message: crate::panic::message(&*payload).to_owned(),
                place: panic.place().cloned(),
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

/// The bytes of a body and its trailers; none where there are more than `limit` bytes.
async fn collect(mut body: AppBody, limit: usize) -> Result<Option<Collected>, BoxError> {
    let mut bytes = BytesMut::new();
    let mut trailers = None;
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(data) if data.len() > limit - bytes.len() => return Ok(None),
            Ok(data) => bytes.extend_from_slice(&data),
            Err(frame) => trailers = frame.into_trailers().ok().map(Trailers).or(trailers),
        }
    }
    Ok(Some((bytes.freeze(), trailers)))
}

fn checkouts(sessions: &[Arc<dyn Session>]) -> u64 {
    sessions.iter().map(|session| session.checkouts()).sum()
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

#[cfg(test)]
mod tests;
