//! A connection whose errors are heard as the server sends them.
//!
//! diesel-async tells its instrumentation that a statement has ended before the rows are read, and
//! with them what went wrong: a duplicate key of `INSERT .. RETURNING`, for instance. tokio-postgres
//! takes a stream of somebody else's where it is to encrypt the connection, which diesel-async never
//! does by itself: ours encrypts nothing, and listens.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready as when_ready};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use smoke_core::rollback::redact;
use smoke_rollback::dialect::postgres::{self, Ear};
use smoke_rollback::gate::Gate;
use smoke_rollback::lock;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::{Config, Host, SslMode, SslNegotiation};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

/// Connects, unless that URL cannot be connected to so: it asks for encryption, names a Unix socket or
/// no host, or is wrong.
pub(super) async fn connect(
    url: &str,
    listening: Listening,
) -> Option<ConnectionResult<AsyncPgConnection>> {
    let mut config: Config = url.parse().ok()?;
    let is_named = |host: &Host| matches!(host, Host::Tcp(_));
    let hosts = config.get_hosts();
    let is_plain = matches!(config.get_ssl_mode(), SslMode::Disable | SslMode::Prefer)
        && config.get_ssl_negotiation() == SslNegotiation::Postgres;
    if !is_plain || hosts.is_empty() || !hosts.iter().all(is_named) {
        return None;
    }
    // At once, so that the server hears nothing of it.
    config.ssl_mode(SslMode::Require);
    config.ssl_negotiation(SslNegotiation::Direct);
    Some(match config.connect(listening).await {
        Ok((client, connection)) => {
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        }
        // As diesel-async puts it.
        Err(error) => Err(ConnectionError::BadConnection(match error.as_db_error() {
            Some(said) => said.message().to_owned(),
            None => error.to_string(),
        })),
    })
}

/// Whatever is read is heard, too.
pub(super) struct Overheard<S> {
    stream: S,
    ear: Ear,
    listening: Listening,
}

impl<S> Overheard<S> {
    fn hear(&mut self, sent: &[u8]) {
        for error in self.ear.hear(sent) {
            let fault = postgres::read_error(&error.state, &error.message);
            let said = redact(&error.message).into_owned();
            self.listening.gate().witness().saw(fault, said);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Overheard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        when_ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        self.hear(&into.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Overheard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Overheard<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

/// Encryption that encrypts nothing. What is heard is told to the gate of the sandbox that has the
/// connection; by default to nobody.
#[derive(Clone, Default)]
pub(super) struct Listening(Arc<Mutex<Arc<Gate>>>);

impl Listening {
    pub(super) fn tell(&self, gate: &Arc<Gate>) {
        *lock(&self.0) = Arc::clone(gate);
    }

    fn gate(&self) -> Arc<Gate> {
        Arc::clone(&lock(&self.0))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> MakeTlsConnect<S> for Listening {
    type Stream = Overheard<S>;
    type TlsConnect = Self;
    type Error = io::Error;

    fn make_tls_connect(&mut self, _: &str) -> io::Result<Self> {
        Ok(self.clone())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<S> for Listening {
    type Stream = Overheard<S>;
    type Error = io::Error;
    type Future = Ready<io::Result<Overheard<S>>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(Overheard {
            stream,
            ear: Ear::default(),
            listening: self,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_is_to_be_encrypted_is_not_listened_to() {
        for url in [
            "postgres://a@localhost:1/b?sslmode=require",
            "postgres://a@localhost:1/b?sslmode=require&sslnegotiation=direct",
            "postgres://a@localhost:1/b?sslnegotiation=direct",
            // Modes that tokio-postgres does not know.
            "postgres://a@localhost:1/b?sslmode=verify-full",
            "postgres://a@localhost:1/b?sslrootcert=root.crt",
            "postgres:///b?host=/run/postgresql",
            "postgres://a@localhost:1,%2Frun%2Fpostgresql/b",
            "postgres:///b",
        ] {
            assert!(connect(url, Listening::default()).await.is_none(), "{url}");
        }
    }
}
