//! The endpoint: the head of a request in, a rendered answer out. No framework.

mod asker;
mod body;
mod events;
mod face;
#[cfg(feature = "metrics")]
mod metrics;
mod negotiate;
#[cfg(feature = "page")]
mod page;
mod probe;
mod query;
mod receive;
mod respond;
mod route;

use std::net::SocketAddr;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use smoke_report::Format;

use crate::access::Viewer;
use crate::run::Answer;
use crate::standing::is_heard_by;
use crate::{Ask, Runner, Selection, SmokeRequest};

pub use body::AnswerBody;
pub use route::{PrefixError, Route};

use face::Face;
use query::Query;
use respond::{Allowed, Declined};
use route::Prefix;

/// Answers `GET {prefix}/` and the paths below it. For adapters to web frameworks.
///
/// The prefix is `/smoketest` unless set. `{prefix}/` and `{prefix}/slow/` run tests. The probe paths
/// `live`, `startup`, `ready` and `status` under it answer at the first poll from what scheduled runs
/// have found, whatever hangs. `{prefix}/events` tells the trusted what happens in the runs. With the feature
/// `page`, `{prefix}/page` shows people what is known.
///
/// # Examples
///
/// What an adapter does with a request:
///
/// ```
/// use http::{Request, Response};
/// use smoke_core::{AnswerBody, Endpoint, Registry, Runner};
///
/// async fn handle(endpoint: &Endpoint, mut request: Request<()>) -> Response<AnswerBody> {
///     match endpoint.route(request.uri().path()) {
///         Some(route) => endpoint.answer(route, &request.into_parts().0).await,
///         None => {
///             endpoint.receive(&mut request);
///             Response::new(bytes::Bytes::from("the application's own answer").into())
///         }
///     }
/// }
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let endpoint = Endpoint::new(Runner::new(Registry::new()));
/// let response = handle(&endpoint, Request::get("/smoketest/").body(()).unwrap()).await;
/// assert_eq!(response.status(), 503); // no tests are registered
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Endpoint {
    runner: Runner,
    prefix: Prefix,
    face: Face,
}

impl Endpoint {
    /// The endpoint of a runner.
    pub fn new(runner: impl Into<Runner>) -> Self {
        Self {
            runner: runner.into(),
            prefix: Prefix::default(),
            face: Face::default(),
        }
    }

    /// Replaces the prefix.
    ///
    /// # Errors
    ///
    /// When the prefix is not a path of at least one plain segment, such as `/smoketest` or
    /// `/internal/smoke`.
    pub fn prefix(mut self, prefix: &str) -> Result<Self, PrefixError> {
        self.prefix = Prefix::parse(prefix)?;
        Ok(self)
    }

    /// The prefix: `/smoketest`.
    #[must_use]
    pub fn prefix_path(&self) -> &str {
        self.prefix.as_str()
    }

    /// The runner that the endpoint asks.
    #[must_use]
    pub fn runner(&self) -> &Runner {
        &self.runner
    }

    /// What a path asks for. None if the path belongs to the application.
    #[inline]
    #[must_use]
    pub fn route(&self, path: &str) -> Option<Route> {
        self.prefix.route(path)
    }

    /// Answers a request. It does not read the request's body.
    ///
    /// The answer is whole, but for [`Route::Events`]: that one goes on for minutes, and has to be sent as
    /// it comes.
    pub async fn answer(&self, route: Route, head: &Parts) -> Response<AnswerBody> {
        let peer = self.arrival(head).peer;
        let viewer = self.runner.access().viewer(head, peer);
        let followed = (route == Route::Events).then(|| self.followed(head, (viewer, peer)));
        let mut response = match followed.flatten() {
            Some(response) => response,
            None => {
                let whole = match self.probed(route, head, viewer) {
                    Some(response) => response,
                    None => self.ran(route, head, (viewer, peer)).await,
                };
                respond::without_body_for_head(whole, &head.method).map(AnswerBody::from)
            }
        };
        respond::say_set(&mut response, &self.runner.settings().names);
        self.set_status(&mut response);
        response
    }

    /// What is answered without a run; nothing where one is asked for, or where the request is
    /// refused.
    fn probed(&self, route: Route, head: &Parts, viewer: Viewer) -> Option<Response<Bytes>> {
        let answered = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
        #[cfg(feature = "metrics")]
        if route == Route::Metrics && answered && viewer == Viewer::Trusted {
            return Some(self.metrics());
        }
        let probe = route.probe(&head.method)?;
        (answered && is_heard_by(probe, viewer)).then(|| self.stand(probe, head, viewer))
    }

    /// Replaces the status of a FAIL, where the application has another one.
    fn set_status<B>(&self, response: &mut Response<B>) {
        if response.status() == StatusCode::SERVICE_UNAVAILABLE
            && let Ok(status) = StatusCode::from_u16(self.runner.fail_status())
            && (status.is_client_error() || status.is_server_error())
        {
            *response.status_mut() = status;
        }
    }

    async fn ran(
        &self,
        route: Route,
        head: &Parts,
        (viewer, peer): (Viewer, Option<SocketAddr>),
    ) -> Response<Bytes> {
        let query = Query::parse(head.uri.query());
        #[cfg(feature = "page")]
        if let Some(response) = self.paged(route, head, &query, viewer) {
            return response;
        }
        let accepted = negotiate::format(&head.headers);
        let format = query.format.as_ref().ok().copied().flatten();
        let format = format.unwrap_or(accepted);
        let is_for_people = query.page || route == Route::Page;
        let asker = asker::of(head, peer, viewer);
        match self.judge(route, head, viewer, &query) {
            Ok(mut ask) => {
                ask.arrival = self.arrival_of_run(head);
                let answer = self.runner.ask(ask.by(asker)).await;
                #[cfg(feature = "page")]
                if is_for_people {
                    return self.answered_by_page(route, head, &query, &answer, viewer);
                }
                respond::answered(answer, format, viewer)
            }
            Err(refusal) => respond::refused(
                self.runner
                    .refuse(&asker, refusal.denial(), &refusal.reason(), None),
                &refusal,
                (format, is_for_people),
                viewer,
            ),
        }
    }

    /// Why a stranger does not get what is asked for.
    fn token_needed(&self, what: &'static str) -> Declined {
        if self.runner.access().has_token() {
            Declined::TokenNeeded(what)
        } else {
            Declined::NoTokenSet(what)
        }
    }

    /// Whether a run that this head asks for has destructive tests, too.
    fn may_destroy(&self, head: &Parts) -> bool {
        self.runner.allows_destructive() && self.runner.access().is_by_token(head)
    }

    /// Whether a run may be asked for, and which.
    fn judge(
        &self,
        route: Route,
        head: &Parts,
        viewer: Viewer,
        query: &Query,
    ) -> Result<Ask, Declined> {
        if head.extensions.get::<SmokeRequest>().is_some() {
            return Err(Declined::Recursion);
        }
        if viewer == Viewer::Refused {
            return Err(Declined::Credentials);
        }
        let slow = match route {
            Route::Fast => false,
            Route::Slow => true,
            // It is read without a run, but by a stranger who wants to log in.
            Route::Page if matches!(head.method, Method::GET | Method::HEAD) => {
                return Err(self.token_needed("the details"));
            }
            #[cfg(feature = "page")]
            Route::Page => query.of_page.slow,
            #[cfg(not(feature = "page"))]
            Route::Page => return Err(Declined::UnknownPath),
            Route::Unknown => return Err(Declined::UnknownPath),
            Route::Metrics if viewer == Viewer::Stranger => {
                return Err(self.token_needed("the metrics"));
            }
            Route::Events if viewer == Viewer::Stranger => {
                return Err(self.token_needed("the events"));
            }
            Route::Live
            | Route::Startup
            | Route::Ready
            | Route::Status
            | Route::Metrics
            | Route::Events
            | Route::PageStyle
            | Route::PageScript
            | Route::PageIcon => {
                return Err(Declined::Method(Allowed::Probes));
            }
        };
        let fresh = match head.method {
            Method::GET | Method::HEAD => false,
            Method::POST => true,
            _ => return Err(Declined::Method(Allowed::Runs)),
        };
        let asked = if slow {
            Selection::slow()
        } else {
            Selection::fast()
        };
        let selection = query.narrow(asked);
        let is_privileged = fresh || slow || selection.is_a_choice();
        let access = self.runner.access();
        if is_privileged && access.may_be_forged(head, (viewer, fresh)) {
            return Err(Declined::Forged);
        }
        let privileged = [
            (slow, "the slow tests"),
            (selection.is_a_choice(), "a choice of tests"),
            (fresh, "a new run"),
        ];
        if let (Viewer::Stranger, Some((_, what))) =
            (viewer, privileged.iter().find(|(asked, _)| *asked))
        {
            return Err(self.token_needed(what));
        }
        if let Some(error) = query.mistake() {
            return Err(Declined::Query(error.clone()));
        }
        selection.readable().map_err(Declined::Query)?;
        Ok(match fresh {
            true if self.may_destroy(head) => Ask::new(selection.destructive()).fresh(),
            true => Ask::new(selection).fresh(),
            false => Ask::new(selection),
        })
    }
}

/// The status of an answer: 200 for PASS, 503 for FAIL.
fn status(answer: &Answer) -> StatusCode {
    if answer.report.verdict().is_pass() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

/// A format that was asked for by name, if any.
type AskedFormat = Result<Option<Format>, String>;
