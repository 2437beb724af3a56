use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use smoke_core::AnswerBody;

pin_project! {
    /// The body of a response of [`Smoke`](crate::Smoke): the inner service's as it is, or a
    /// smoke test's answer.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProj]
    enum Kind<B> {
        Inner { #[pin] body: B },
        Ours { answer: AnswerBody },
    }
}

impl<B> ResponseBody<B> {
    #[inline]
    pub(crate) fn inner(body: B) -> Self {
        Self {
            kind: Kind::Inner { body },
        }
    }

    pub(crate) fn ours(answer: AnswerBody) -> Self {
        Self {
            kind: Kind::Ours { answer },
        }
    }

    /// The inner service's body.
    ///
    /// # Errors
    ///
    /// The answer, where it is a smoke test's.
    #[inline]
    pub fn into_inner(self) -> Result<B, AnswerBody> {
        match self.kind {
            Kind::Inner { body } => Ok(body),
            Kind::Ours { answer } => Err(answer),
        }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes>,
{
    type Data = Bytes;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().kind.project() {
            KindProj::Inner { body } => body.poll_frame(cx),
            KindProj::Ours { answer } => Pin::new(answer)
                .poll_frame(cx)
                .map_err(|never| match never {}),
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { body } => body.is_end_stream(),
            Kind::Ours { answer } => answer.is_end_stream(),
        }
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { body } => body.size_hint(),
            Kind::Ours { answer } => answer.size_hint(),
        }
    }
}
