//! Making the one connection of a sandbox.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use diesel::result::Error as SqlError;
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoke_core::rollback::postgres::each_statement::Relay;
use smoke_core::{Error, HandleToken};
use tokio::sync::oneshot;

use super::{Connect, Connection};
use crate::dialect::Terms;
use crate::gate::{Gate, lock};
use crate::verdict::{not_begun, not_connected};
use crate::witness::instrumentation;

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
pub(super) struct Opener<C: Connection> {
    pub(super) connect: Connect<C>,
    /// What `connect` connects with, where that is known.
    pub(super) url: Option<Arc<str>>,
    pub(super) gate: Arc<Gate>,
    pub(super) setups: Vec<Setup<C>>,
    pub(super) terms: Arc<Terms>,
    pub(super) server_side: Arc<OnceLock<C::ServerSide>>,
    /// Told why there is no connection: some pools keep it to themselves, and try again.
    pub(super) failed: Mutex<Option<oneshot::Sender<Error>>>,
    /// Dropped with the pool.
    pub(super) _token: HandleToken,
    pub(super) _relay: Option<Relay>,
}

impl<C: Connection> Opener<C> {
    pub(super) async fn open(&self) -> ConnectionResult<C> {
        self.gate.admit().map_err(refused)?;
        match self.opened().await {
            Ok(connection) => Ok(connection),
            Err(error) => {
                self.gate.close();
                let said = refused(&error);
                if let Some(failed) = lock(&self.failed).take() {
                    // Nobody waits any more where the opening has timed out.
                    let _ = failed.send(error);
                }
                Err(said)
            }
        }
    }

    async fn opened(&self) -> Result<C, Error> {
        let overheard = match &self.url {
            Some(url) => C::overheard(url, &self.gate).await,
            None => None,
        };
        let connected = match overheard {
            Some(connected) => connected,
            None => C::connect(&self.connect).await,
        };
        let mut connection = connected.map_err(|error| {
            not_connected::<C::Dialect>(&error.to_string(), self.url.as_deref())
        })?;
        connection.set_instrumentation(instrumentation::<C::Dialect>(Arc::clone(&self.gate)));
        self.prepare(&mut connection)
            .await
            .map_err(|error| not_begun::<C::Dialect>(&error))?;
        Ok(connection)
    }

    async fn prepare(&self, connection: &mut C) -> Result<(), SqlError> {
        connection.prepare().await?;
        for setup in &self.setups {
            setup(connection).await?;
        }
        let server_side = connection.begin(&self.terms, &self.gate).await?;
        let _ = self.server_side.set(server_side);
        self.gate.witness().begin();
        Ok(())
    }
}

fn refused(why: impl fmt::Display) -> ConnectionError {
    ConnectionError::BadConnection(why.to_string())
}
