//! The application under test at a real socket.

mod body;
mod faults;
mod handler;
mod line;
mod lines;
mod server;
mod shut;
mod switch;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use smoke_report::Kind;

use crate::{AppUnderTest, Context, Fixture, Providers, Result};

/// Serves the application under test over HTTP/1, at a free port of the loopback interface.
///
/// For tests of what only a connection shows: redirects and cookies as a browser treats them,
/// keep-alive, uploads and downloads in pieces, server-sent events, WebSockets. The test's HTTP
/// client is the test's choice. Everything else is quicker through [`Client`](crate::Client).
///
/// A request takes the same way as one of [`Client`](crate::Client). It is handled in the
/// sandbox, in a savepoint of its own; it carries [`SmokeRequest`](crate::SmokeRequest); it is in
/// the report; and a request that is meant to write and takes no connection from the sandbox is
/// an error (one that is refused with a 4xx apart), unless
/// [`without_database`](Self::without_database) says that its path needs none. Its peer is the
/// test's client, where users' requests have one. It has the headers that every request needs
/// ([`AppFactory::header`](crate::AppFactory::header)), `Host` too where the client only names this
/// server.
///
/// # One after the other
///
/// The next request has its turn when the body of the answer before it has ended. What may never
/// end gives its turn away earlier:
///
/// - an answer that changes the protocol (101, or 2xx to `CONNECT`) and one of
///   `text/event-stream`, with its head;
/// - any other answer half a second after its head.
///
/// A WebSocket is the application's as it is everywhere: of a tower service it is taken from the
/// request's extensions, and of actix-web it is the bodies of the request and of the answer.
///
/// What such an answer writes afterwards is rolled back like everything else, but is in no
/// savepoint of its own.
///
/// A request that is not answered before another one is (long polling) keeps that other one
/// waiting until the test's limit.
///
/// # What is an error of the test
///
/// - An application that panics or whose service fails, and a body that breaks off. The client
///   sees a 500 with the message, or a connection that closes.
/// - A connection that the test still holds: the client sees a 503 with the message.
/// - A connection that is still in use half a second after the test has ended. It is closed; the
///   report names its request. An idle one is closed without a word.
///
/// # Examples
///
/// ```
/// use smoke_core::{LiveServer, Result, ensure};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use tokio::net::TcpStream;
///
/// async fn the_shop_speaks_http_1_0(live: LiveServer) -> Result {
///     let mut stream = TcpStream::connect(live.addr()).await?;
///     stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
///     let mut answer = String::new();
///     stream.read_to_string(&mut answer).await?;
///     ensure!(answer.starts_with("HTTP/1.0 200 OK"));
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct LiveServer {
    addr: SocketAddr,
    exempt: Exempt,
}

/// The paths of requests that touch no database.
#[derive(Clone, Debug, Default)]
struct Exempt(Arc<Mutex<HashSet<String>>>);

impl Exempt {
    fn has(&self, path: &str) -> bool {
        let paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paths.contains(path)
    }
}

impl LiveServer {
    /// Where the server listens: 127.0.0.1 and a port that was free.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL of a path, which may have a query: `http://127.0.0.1:40321/users?page=2`.
    #[must_use]
    pub fn url(&self, path: impl AsRef<str>) -> String {
        self.of_scheme("http", path.as_ref())
    }

    /// The URL of a path for a WebSocket: `ws://127.0.0.1:40321/chat`.
    #[must_use]
    pub fn ws_url(&self, path: impl AsRef<str>) -> String {
        self.of_scheme("ws", path.as_ref())
    }

    /// Says that requests to a path touch no database, so that it is no error when one takes no
    /// connection from the sandbox. The path is the whole one, without a query.
    ///
    /// Only for requests that leave nothing behind: what they write elsewhere is not rolled back.
    pub fn without_database(&self, path: impl Into<String>) {
        let mut paths = self.exempt.0.lock().unwrap_or_else(PoisonError::into_inner);
        paths.insert(path.into());
    }

    fn of_scheme(&self, scheme: &str, path: &str) -> String {
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("{scheme}://{}{slash}{path}", self.addr)
    }
}

impl Fixture for LiveServer {
    const KIND: Kind = Kind::Http;
    const NAMED: bool = false;

    fn check(providers: &Providers<'_>) -> Result {
        providers.check::<AppUnderTest>()
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        let app = cx.get().await?;
        let exempt = Exempt::default();
        let addr = server::start(cx.unchained(), app, exempt.clone()).await?;
        Ok(Self { addr, exempt })
    }
}
