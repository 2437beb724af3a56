//! Making the one connection of a sandbox.

use std::fmt;
use std::sync::{Arc, Mutex};

use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::AsyncConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::{Error, HandleToken};
use smoke_rollback::dialect::Dialect;
use smoke_rollback::lock;
use smoke_rollback::not_connected;
use smoke_rollback::{Moved, Sandbox};
use tokio::sync::oneshot;

use super::connection::{Connection, Line};
use super::link::{Asynchronous, DialectOf};
use super::{Connect, SandboxPool};
use crate::each_statement::Relay;
use crate::instrumentation::instrumentation;

pub(super) type Setup<C> =
    Arc<dyn for<'c> Fn(&'c mut C) -> BoxFuture<'c, QueryResult<()>> + Send + Sync>;

/// Connects with that URL.
pub(super) fn by<C: Connection>(url: Arc<str>) -> Connect<C> {
    Arc::new(move || {
        let url = Arc::clone(&url);
        async move { C::establish(&url).await }.boxed()
    })
}

/// What the sandbox's pool connects with: what it makes is inside the transaction.
pub(super) struct Opener<P: SandboxPool> {
    pub(super) sandbox: Arc<Sandbox<Asynchronous<P>>>,
    pub(super) connect: Connect<P::Connection>,
    /// What `connect` connects with, where that is known.
    pub(super) url: Option<Arc<str>>,
    pub(super) setups: Vec<Setup<P::Connection>>,
    /// The connection of a sandbox before.
    pub(super) moved: Mutex<Option<Moved<Asynchronous<P>>>>,
    /// Told why there is no connection: some pools keep it to themselves, and try again.
    pub(super) failed: Mutex<Option<oneshot::Sender<Error>>>,
    /// Dropped with the pool.
    pub(super) _token: HandleToken,
    pub(super) _relay: Option<Relay>,
}

impl<P: SandboxPool> Opener<P> {
    pub(super) async fn open(&self) -> ConnectionResult<P::Connection> {
        self.sandbox.gate().admit().map_err(refused)?;
        match self.opened().await {
            Ok(connection) => Ok(connection),
            Err(error) => {
                self.sandbox.gate().close();
                let said = refused(&error);
                if let Some(failed) = lock(&self.failed).take() {
                    // Nobody waits any more where the opening has timed out.
                    let _ = failed.send(error);
                }
                Err(said)
            }
        }
    }

    async fn opened(&self) -> Result<P::Connection, Error> {
        let moved = lock(&self.moved).take();
        let (known, line, connection) = match moved {
            Some(moved) => (Some(moved.outside), moved.luggage, Some(moved.connection)),
            None => (None, Default::default(), None),
        };
        line.tell(self.sandbox.gate());
        let line = self.sandbox.link().line.get_or_init(|| line);
        let mut connection = match connection {
            Some(connection) => connection,
            None => self.connected(line).await?,
        };
        if known.is_none() {
            let preparing = DialectOf::<P>::prepare::<Asynchronous<P>>(&mut connection);
            preparing.await.map_err(|error| not_begun::<P>(&error))?;
        }
        let gate = Arc::clone(self.sandbox.gate());
        connection.set_instrumentation(instrumentation::<DialectOf<P>>(gate));
        if known.is_none() {
            for setup in &self.setups {
                let setting_up = setup(&mut connection).await;
                setting_up.map_err(|error| not_begun::<P>(&error))?;
            }
        }
        self.sandbox.begin(&mut connection, known).await?;
        Ok(connection)
    }

    async fn connected(
        &self,
        line: &<P::Connection as Connection>::Line,
    ) -> Result<P::Connection, Error> {
        let overheard = match &self.url {
            Some(url) => line.overheard(url).await,
            None => None,
        };
        let connected = match overheard {
            Some(connected) => connected,
            None => P::Connection::connect(&self.connect).await,
        };
        connected.map_err(|error| {
            not_connected::<Asynchronous<P>>(&error.to_string(), self.url.as_deref())
        })
    }
}

fn not_begun<P: SandboxPool>(error: &diesel::result::Error) -> Error {
    Sandbox::<Asynchronous<P>>::not_begun(error)
}

fn refused(why: impl fmt::Display) -> ConnectionError {
    ConnectionError::BadConnection(why.to_string())
}
