//! The address at which the application will be served, before there is one.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use smoke_report::Kind;
use tokio::net::TcpListener;

use crate::{Context, Error, Fixture, Result};

/// The socket of a [`LiveServer`](crate::LiveServer) that is still to come: whoever connects waits for
/// that.
///
/// For fixtures that need the address before the application is built, and a sandbox with it.
#[derive(Clone)]
pub struct Listening {
    addr: SocketAddr,
    listener: Arc<Mutex<Option<TcpListener>>>,
}

impl Listening {
    /// Where the application will be served.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The socket, for the one server of the test.
    pub(super) fn take(&self) -> Option<TcpListener> {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        listener.take()
    }
}

impl Fixture for Listening {
    const KIND: Kind = Kind::Unit;
    const NAMED: bool = false;

    async fn acquire(_: &Context) -> Result<Self> {
        let cannot =
            |error: std::io::Error| Error::from(error).context("cannot listen on 127.0.0.1");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(cannot)?;
        Ok(Self {
            addr: listener.local_addr().map_err(cannot)?,
            listener: Arc::new(Mutex::new(Some(listener))),
        })
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listening({})", self.addr)
    }
}
