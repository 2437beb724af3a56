use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use pin_project_lite::pin_project;

use crate::answer::Answer;

pin_project! {
    /// The body of a response behind [`Smoke`](crate::Smoke): the application's as it is, or a
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
        Ours { #[pin] answer: Answer },
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn inner(body: B) -> Self {
        Self {
            kind: Kind::Inner { body },
        }
    }

    pub(crate) fn ours(answer: Answer) -> Self {
        Self {
            kind: Kind::Ours { answer },
        }
    }
}

impl<B: MessageBody> MessageBody for ResponseBody<B> {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        match &self.kind {
            Kind::Inner { body } => body.size(),
            Kind::Ours { answer } => answer.size(),
        }
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        match self.project().kind.project() {
            KindProj::Inner { body } => body
                .poll_next(cx)
                .map(|chunk| chunk.map(|chunk| chunk.map_err(Into::into))),
            KindProj::Ours { answer } => answer
                .poll_next(cx)
                .map(|chunk| chunk.map(|chunk| chunk.map_err(|never| match never {}))),
        }
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        match self.kind {
            Kind::Inner { body } => body.try_into_bytes().map_err(Self::inner),
            Kind::Ours { answer } => answer.try_into_bytes().map_err(Self::ours),
        }
    }
}
