//! What is done with one request from the socket.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Exempt;
use super::body::{LiveBody, Turn};
use super::faults::Faults;
use super::lines::{Id, Lines};
use super::switch::{AfterHttp, Switch};
use crate::app::{AnswerBody, Passage, name};
use crate::rollback::HandleToken;
use crate::{AppBody, AppUnderTest, CallOptions, RequestError};

/// How long after its head an answer keeps its turn, where its body does not end.
const TURN: Duration = Duration::from_millis(500);

/// What the requests of one server share.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) app: AppUnderTest,
    /// Where the server listens.
    pub(super) addr: SocketAddr,
    pub(super) exempt: Exempt,
    pub(super) lines: Lines,
    pub(super) faults: Faults,
    /// Held by whatever has to end before the sandboxes do.
    pub(super) working: Arc<HandleToken>,
}

impl Handler {
    pub(super) async fn handle(
        self,
        (id, peer): (Id, SocketAddr),
        request: Request<Incoming>,
        after_http: AfterHttp,
    ) -> Result<Response<LiveBody>, Infallible> {
        // A request that stops its thread makes the test hang.
        let _alive = self.faults.0.alive();
        let method = request.method().clone();
        let name: Arc<str> = name(&request).into();
        let busy = self.lines.busy(id, Arc::clone(&name));
        let mut request = request.map(|body| body.map_err(Into::into).boxed_unsync());
        self.arrives(&mut request, peer);
        let switch = Switch::prepare(&self.app, &mut request);
        let (answer, turn) = match self.answer(request).await {
            Ok((answer, passage)) if gives_its_turn_away(&method, &answer) => {
                passage.leave().await;
                (answer, None)
            }
            Ok((answer, passage)) => (answer, Some(self.turn(passage))),
            Err(error) => {
                self.faults.note(&error);
                (self.apology(&error, Arc::clone(&name)), None)
            }
        };
        let (head, body) = answer.into_parts();
        let (body, busy) = match switch {
            _ if !changes_protocol(&method, head.status) => (body, Some(busy)),
            Some(switch) => {
                after_http.set(switch.agreed(body, busy, self.faults.clone()));
                (self.body(Empty::new(), name), None)
            }
            None => {
                busy.for_good();
                (body, None)
            }
        };
        let body = LiveBody::new(body, turn, busy, self.faults);
        Ok(Response::from_parts(head, body))
    }

    /// Says of a request what the server says of users' requests, as it is here.
    fn arrives(&self, request: &mut Request<AppBody>, peer: SocketAddr) {
        let mut arrival = self.app.cx.arrival().clone();
        arrival.peer = arrival.peer.map(|_| peer);
        (arrival.version, arrival.scheme) = (request.version(), None);
        request.extensions_mut().insert(arrival);
        // Every client names the host that it connects to.
        let host = request.headers().get(HOST).map(HeaderValue::as_bytes);
        if host == Some(self.addr.to_string().as_bytes())
            && self.app.default_headers().contains_key(HOST)
        {
            request.headers_mut().remove(HOST);
        }
    }

    async fn answer(
        &self,
        mut request: Request<AppBody>,
    ) -> Result<(Response<AnswerBody>, Passage), RequestError> {
        let options = CallOptions {
            without_database: self.exempt.has(request.uri().path()),
            ..CallOptions::default()
        };
        let mut passage =
            Passage::enter(&self.app.app, &self.app.cx, &mut request, options).await?;
        match passage.answer(request).await {
            Ok(answer) => Ok((answer, passage)),
            Err(error) => {
                let verdict = passage.leave().await;
                Err(match verdict {
                    None => error,
                    Some(verdict) => RequestError::Rollback {
                        verdict,
                        answer: Some(Box::new(error)),
                    },
                })
            }
        }
    }

    /// Keeps a request's turn until its body has ended, for a bounded time.
    fn turn(&self, passage: Passage) -> Turn {
        let (held, mut released) = oneshot::channel();
        let working = Arc::clone(&self.working);
        let ended = self.faults.0.stage().spawn(async move {
            let _working = working;
            let _: Result<_, _> = timeout(TURN, &mut released).await;
            passage.leave().await;
        });
        Turn { _held: held, ended }
    }

    /// The answer in place of one of the application.
    fn apology(&self, error: &RequestError, request: Arc<str>) -> Response<AnswerBody> {
        let status = match error {
            RequestError::ConnectionHeld { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let text = Full::from(format!("{error}\n"));
        let mut answer = Response::new(self.body(text, request));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        answer
    }

    /// A body that is not the application's.
    fn body<B>(&self, body: B, request: Arc<str>) -> AnswerBody
    where
        B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
    {
        let body = body.map_err(|never| match never {}).boxed_unsync();
        AnswerBody::new(body, request, self.faults.0.scene())
    }
}

/// Whether nothing waits for the body: there is none, nobody reads it, or it may never end.
fn gives_its_turn_away(method: &Method, answer: &Response<AnswerBody>) -> bool {
    let status = answer.status();
    method == Method::HEAD
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        || answer.body().is_end_stream()
        || changes_protocol(method, status)
        || is_event_stream(answer.headers())
}

fn changes_protocol(method: &Method, status: StatusCode) -> bool {
    status == StatusCode::SWITCHING_PROTOCOLS || (method == Method::CONNECT && status.is_success())
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let essence = media_type.and_then(|value| value.split(|byte| *byte == b';').next());
    essence.is_some_and(|value| {
        value
            .trim_ascii()
            .eq_ignore_ascii_case(b"text/event-stream")
    })
}
