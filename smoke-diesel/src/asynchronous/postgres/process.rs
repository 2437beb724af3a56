//! The number of the server's process, as the server gave it when the connection was made.
//!
//! A pooler makes one up. tokio-postgres keeps it in a cancellation request, and tells it to
//! whoever takes that request the way that a server does.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::CancelToken;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

use smoke_rollback::lock;

/// The length of a cancellation request, of which the process number is the third of four words.
const REQUEST: usize = 16;

/// The process number in that token.
pub(super) async fn number(token: &CancelToken) -> Option<i32> {
    let paper = Paper::default();
    token.cancel_query_raw(paper.clone(), Plain).await.ok()?;
    let written = lock(&paper.0);
    let request = written.get(written.len().checked_sub(REQUEST)?..)?;
    let number = request.get(8..12)?.try_into().ok()?;
    Some(i32::from_be_bytes(number))
}

/// A server that agrees to everything and writes down what it is sent.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl AsyncRead for Paper {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Yes, TLS.
        into.put_slice(b"S");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Paper {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        lock(&self.0).extend(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl TlsStream for Paper {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

/// TLS without the TLS: nothing leaves this process.
struct Plain;

impl TlsConnect<Paper> for Plain {
    type Stream = Paper;
    type Error = io::Error;
    type Future = Ready<io::Result<Paper>>;

    fn connect(self, stream: Paper) -> Self::Future {
        ready(Ok(stream))
    }
}
