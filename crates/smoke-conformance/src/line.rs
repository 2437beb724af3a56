//! A line to a server that can be cut and mended, for tests of what happens when a server fails.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

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
    passing: Mutex<Option<JoinHandle<()>>>,
}

impl Line {
    /// A line to the server at this address.
    ///
    /// # Errors
    ///
    /// When there is no free port.
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let line = Self(Arc::new(Inner {
            address: listener.local_addr()?,
            server,
            passing: Mutex::new(None),
        }));
        line.pass_on(listener);
        Ok(line)
    }

    /// Where to connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Ends all connections, and lets nobody in any more.
    pub async fn cut(&self) {
        let passing = self.passing().take();
        if let Some(passing) = passing {
            passing.abort();
            // Whatever it held is closed then.
            let _ = passing.await;
        }
    }

    /// Lets connections in again, at the same address.
    ///
    /// # Errors
    ///
    /// When somebody else has taken the port.
    pub async fn mend(&self) -> io::Result<()> {
        self.cut().await;
        let listener = TcpListener::bind(self.0.address).await?;
        self.pass_on(listener);
        Ok(())
    }

    fn pass_on(&self, listener: TcpListener) {
        let server = self.0.server;
        *self.passing() = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                connections.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(server).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        }));
    }

    fn passing(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.0
            .passing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let passing = self.passing.get_mut();
        if let Some(passing) = passing.unwrap_or_else(PoisonError::into_inner) {
            passing.abort();
        }
    }
}
