//! The application under test at a real socket.

mod body;
mod faults;
mod handler;
mod line;
mod lines;
mod listening;
mod server;
mod shut;
mod switch;
#[cfg(test)]
mod tests;

pub use listening::Listening;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use smoke_report::Kind;

use crate::{AppUnderTest, Context, Error, Fixture, Providers, Result};

/// Serves the application under test over HTTP/1, at a free port of the loopback interface.
///
/// Use it for what only a connection shows: redirects and cookies as a browser treats them,
/// keep-alive, uploads and downloads in pieces, server-sent events, WebSockets. The test brings its
/// own HTTP client. For everything else, [`Client`](crate::Client) is quicker.
///
/// A request is treated like one of [`Client`](crate::Client). It runs in the sandbox, in a savepoint
/// of its own. It carries [`SmokeRequest`](crate::SmokeRequest), and the report lists it. A request
/// that is meant to write and takes no connection from the sandbox is an error, unless it is refused
/// with a 4xx, or [`without_database`](Self::without_database) says that its path needs none. Its
/// peer is the test's client, if users' requests have a peer. It has the headers that every request
/// needs ([`AppFactory::header`](crate::AppFactory::header)), and their `Host` replaces this server's
/// address.
///
/// # One request at a time
///
/// The next request is handled when the body of the answer before it has ended. An answer that may
/// never end lets the next request in earlier:
///
/// - one that changes the protocol (101, or 2xx to `CONNECT`), and one of `text/event-stream`, when
///   its head is sent;
/// - any other half a second after its head.
///
/// What such an answer writes afterwards is rolled back like everything else, but has no savepoint of
/// its own.
///
/// The application gets a WebSocket as from its server: a tower service takes it from the request's
/// extensions, and actix-web reads and writes it as the bodies of request and answer.
///
/// A request that waits for another one (long polling) keeps that one waiting until the test's limit.
///
/// # Errors of the test
///
/// - The application panics, its service fails, or a body breaks off. The client sees a 500 with the
///   message, or the connection closes.
/// - The test still holds the sandbox's connection. The client sees a 503 with the message.
/// - A connection is still in use half a second after the test has ended. It is closed, and the
///   report names its request. An idle connection is closed silently.
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
    /// The address of the server: 127.0.0.1 and a port that was free.
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

    /// Says that requests to a path touch no database. Without this, a request that is meant to write
    /// and takes no connection from the sandbox is an error. Give the whole path, without a query.
    ///
    /// Use it only for requests that leave nothing behind: what they write elsewhere is not rolled
    /// back.
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
        let listening = cx.get::<Listening>().await?;
        let app = cx.get().await?;
        let (addr, exempt) = (listening.addr(), Exempt::default());
        let Some(listener) = listening.take() else {
            return Err(Error::msg("the application is served already"));
        };
        server::start(cx.unchained(), (listener, addr), app, exempt.clone());
        Ok(Self { addr, exempt })
    }
}
