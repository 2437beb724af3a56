//! The body of an answer, as it comes out of the application.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;

use super::refused::Refused;
use super::{AppBody, RequestError};
use crate::scene::Scene;

/// The trailers of an answer. gRPC puts its status there.
///
/// [`AppUnderTest::call`](crate::AppUnderTest::call) puts them into the answer's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trailers(pub HeaderMap);

/// A body whose errors and panics are errors of its request. After one of them it has ended.
pub(crate) struct AnswerBody {
    body: AppBody,
    request: Arc<str>,
    scene: Scene,
    broken: bool,
    refused: Refused,
}

impl AnswerBody {
    pub(crate) fn new(body: AppBody, request: Arc<str>, scene: Scene) -> Self {
        Self {
            body,
            request,
            scene,
            broken: false,
            refused: Refused::default(),
        }
    }

    /// Notes there, besides, what its trailers say of a gRPC call.
    pub(super) fn noting(mut self, refused: Refused) -> Self {
        self.refused = refused;
        self
    }

    /// All its bytes, where there are no more than `limit`, and its trailers.
    pub(super) async fn collect(
        mut self,
        limit: usize,
    ) -> Result<(Bytes, Option<Trailers>), RequestError> {
        let mut bytes = BytesMut::new();
        let mut trailers = None;
        while let Some(frame) = self.frame().await {
            let data = match frame?.into_data() {
                Ok(data) => data,
                Err(frame) => {
                    trailers = frame.into_trailers().ok().map(Trailers).or(trailers);
                    continue;
                }
            };
            if data.len() > limit - bytes.len() {
                return Err(RequestError::TooLarge {
                    request: self.request.to_string(),
                    limit,
                });
            }
            bytes.extend_from_slice(&data);
        }
        Ok((bytes.freeze(), trailers))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = RequestError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RequestError>>> {
        if self.broken {
            return Poll::Ready(None);
        }
        let body = Pin::new(&mut self.body);
        let polled = catch_unwind(AssertUnwindSafe(|| body.poll_frame(cx)));
        let error = match polled {
            Ok(Poll::Ready(Some(Err(source)))) => RequestError::Body {
                request: self.request.to_string(),
                source,
            },
            Ok(polled) => {
                let polled = polled.map(|frame| frame.and_then(Result::ok));
                if let Poll::Ready(Some(frame)) = &polled
                    && let Some(trailers) = frame.trailers_ref()
                {
                    self.refused.note(trailers);
                }
                return polled.map(|frame| frame.map(Ok));
            }
            Err(payload) => RequestError::panicked(&self.request, payload, &self.scene),
        };
        self.broken = true;
        Poll::Ready(Some(Err(error)))
    }

    fn is_end_stream(&self) -> bool {
        self.broken || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
