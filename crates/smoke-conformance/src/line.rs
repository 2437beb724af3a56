//! A line to a server that can be cut and mended, for tests of what happens when a server fails.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 128;

/// Passes connections on to a server, until it is cut: then those that are open end at once, and
/// new ones are refused, as by a server that has died.
///
/// It lives on the runtime that it was made and mended on.
///
/// # Examples
///
/// ```no_run
/// use smoke_conformance::Line;
///
/// # async fn example() -> std::io::Result<()> {
/// let line = Line::to("127.0.0.1:5432".parse().unwrap()).await?;
/// let url = format!("postgres://app@{}/shop", line.address());
/// line.cut().await;
/// line.mend().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Line(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    address: SocketAddr,
    server: SocketAddr,
    passing: Mutex<Option<Passing>>,
    connections: AtomicUsize,
    /// Keeps the port while nobody listens at it.
    _port: TcpSocket,
}

/// What passes connections on, until the end of it is told or dropped.
#[derive(Debug)]
struct Passing {
    end: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Line {
    /// A line to the server at this address.
    ///
    /// # Errors
    ///
    /// When there is no free port.
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        let port = bound((Ipv4Addr::LOCALHOST, 0).into())?;
        let line = Self(Arc::new(Inner {
            address: port.local_addr()?,
            server,
            passing: Mutex::new(None),
            connections: AtomicUsize::new(0),
            _port: port,
        }));
        line.mend().await?;
        Ok(line)
    }

    /// Where to connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// How many connections it has passed on, those that have ended included.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.connections.load(Ordering::SeqCst)
    }

    /// Ends all connections, and lets nobody in any more.
    pub async fn cut(&self) {
        let passing = self.passing().take();
        if let Some(Passing { end, ended }) = passing {
            drop(end);
            // Whatever it held is closed then.
            let _ = ended.await;
        }
    }

    /// Lets connections in again, at the same address.
    ///
    /// # Errors
    ///
    /// When the port cannot be listened at.
    pub async fn mend(&self) -> io::Result<()> {
        self.cut().await;
        let listener = bound(self.0.address)?.listen(BACKLOG)?;
        self.pass_on(listener);
        Ok(())
    }

    fn pass_on(&self, listener: TcpListener) {
        let line = Arc::downgrade(&self.0);
        let server = self.0.server;
        let (end, mut told) = oneshot::channel();
        let ended = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let accepted = tokio::select! {
                    _ = &mut told => break,
                    accepted = listener.accept() => accepted,
                };
                let Ok((mut client, _)) = accepted else { break };
                if let Some(line) = line.upgrade() {
                    line.connections.fetch_add(1, Ordering::SeqCst);
                }
                connections.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(server).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
            drop(listener);
            connections.shutdown().await;
        });
        *self.passing() = Some(Passing { end, ended });
    }

    fn passing(&self) -> std::sync::MutexGuard<'_, Option<Passing>> {
        self.0
            .passing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket at that address, where others may be too.
fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}
