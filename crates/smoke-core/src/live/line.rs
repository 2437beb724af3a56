//! A connection that can be closed from outside, whoever holds it.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::lines::{Id, Lines};
use super::shut::shut;

/// The server's end of a connection. After an upgrade the application holds it.
pub(super) struct Line {
    stream: Arc<TcpStream>,
    id: Id,
    lines: Lines,
}

impl Line {
    pub(super) fn new(stream: TcpStream, lines: &Lines) -> Self {
        // A test waits for each answer: small ones are not to be held back.
        let _ = stream.set_nodelay(true);
        let stream = Arc::new(stream);
        Self {
            id: lines.add(Arc::downgrade(&stream)),
            stream,
            lines: lines.clone(),
        }
    }

    pub(super) fn id(&self) -> Id {
        self.id
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.lines.remove(self.id);
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read(buffer.initialize_unfilled()) {
                Ok(read) => {
                    buffer.advance(read);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(shut(&self.stream, Shutdown::Write))
    }
}
