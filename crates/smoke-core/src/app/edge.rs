//! The edge between a test and the application under test.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response, StatusCode};
use smoke_report::Kind;

use super::passage::Passage;
use super::{App, AppBody, CallOptions, RequestError};
use crate::clock::Part;
use crate::theirs::panicked;
use crate::{Context, Error, Fixture, Providers, Result};

/// The application under test, built once for each test, on that test's sandboxes.
///
/// Tests use [`Client`](crate::Client), which is made of this, as is everything else that sends
/// requests. Requests are handled one after the other, each in a savepoint of its own.
#[derive(Clone)]
pub struct AppUnderTest {
    pub(crate) app: Arc<dyn App>,
    pub(crate) cx: Context,
}

impl AppUnderTest {
    /// Calls the application with a request, and collects the answer. Trailers are in the answer's
    /// extensions, as [`Trailers`](crate::Trailers).
    ///
    /// The test's report names the request by method and path. The report and all messages leave the
    /// query out, because queries hold tokens and addresses.
    ///
    /// Dropping the call before it ends is as if the client had gone away: the application's future
    /// is dropped, and the next call is handled as usual.
    ///
    /// # Errors
    ///
    /// When there is no answer. When it is not certain that the request's writes can be rolled back:
    /// the test is then errored even if it ignores this error.
    pub async fn call(
        &self,
        mut request: Request<AppBody>,
        options: CallOptions,
    ) -> Result<Response<Bytes>, RequestError> {
        let mut passage = Passage::enter(&self.app, &self.cx, &mut request, options).await?;
        let answer = match passage.answer(request).await {
            Ok(answer) => {
                let (mut head, body) = answer.into_parts();
                let collected = match head.status {
                    // It is the rest of a connection, and here is none.
                    StatusCode::SWITCHING_PROTOCOLS => Ok((Bytes::new(), None)),
                    _ => body.collect(options.max_body).await,
                };
                collected.map(|(body, trailers)| {
                    if let Some(trailers) = trailers {
                        head.extensions.insert(trailers);
                    }
                    Response::from_parts(head, body)
                })
            }
            Err(error) => Err(error),
        };
        match passage.leave().await {
            None => answer,
            Some(verdict) => Err(RequestError::Rollback {
                verdict,
                answer: answer.err().map(Box::new),
            }),
        }
    }

    /// The headers that a request gets if it does not have them itself.
    #[cfg(any(feature = "cookies", feature = "html", feature = "live"))]
    pub(crate) fn default_headers(&self) -> &http::HeaderMap {
        &self.cx.supplies().app_headers
    }

    #[cfg(feature = "live")]
    pub(crate) fn upgrades_by_body(&self, request: &Request<AppBody>) -> bool {
        self.app.upgrades_by_body(request)
    }

    /// Runs a future from a blocking test.
    pub(crate) fn block_on<Fut: Future>(&self, future: Fut) -> Result<Fut::Output> {
        self.cx.block_on(future)
    }
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
    const NAMED: bool = false;

    fn check(providers: &Providers<'_>) -> Result {
        match providers.app() {
            Some(factory) => factory.check(providers),
            None => Err(missing()),
        }
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        let factory = cx.supplies().app.clone().ok_or_else(missing)?;
        cx.unbuilt().told()?;
        let building = cx.spell(Part::App);
        let app = AssertUnwindSafe(factory.build(cx.clone()))
            .catch_unwind()
            .await;
        drop(building);
        let app = app.unwrap_or_else(|payload| {
            let what = format_args!("its factory panicked");
            Err(panicked(what, payload, &cx.scene()).remarked(
                "it is called anew for each test: what a process can have once, such as a global \
                 recorder or logger, belongs in `main`",
            ))
        });
        Ok(Self {
            app: cx.built(app)?,
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
