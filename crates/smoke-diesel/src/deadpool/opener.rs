//! Making the one connection of a sandbox.

use std::fmt;
use std::sync::{Arc, OnceLock};

use diesel::result::Error as SqlError;
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use futures_util::future::BoxFuture;
use smoke_core::HandleToken;

use super::{Connect, Connection};
use crate::dialect::Terms;
use crate::gate::Gate;
use crate::postgres::{ServerSide, begin};

pub(super) type Setup =
    Arc<dyn for<'c> Fn(&'c mut Connection) -> BoxFuture<'c, QueryResult<()>> + Send + Sync>;

/// What the sandbox's pool connects with: what it makes is inside the transaction.
pub(super) struct Opener {
    pub(super) connect: Connect,
    pub(super) gate: Arc<Gate>,
    pub(super) setups: Vec<Setup>,
    pub(super) terms: Arc<Terms>,
    pub(super) server_side: Arc<OnceLock<ServerSide>>,
    /// Dropped with the pool.
    pub(super) _token: HandleToken,
}

impl Opener {
    pub(super) async fn open(&self) -> ConnectionResult<Connection> {
        self.gate.admit().map_err(refused)?;
        let mut connection = (self.connect)().await?;
        self.prepare(&mut connection)
            .await
            .map_err(|error| match error {
                SqlError::DatabaseError(_, said) => refused(said.message()),
                error => refused(error),
            })?;
        Ok(connection)
    }

    async fn prepare(&self, connection: &mut Connection) -> QueryResult<()> {
        for setup in &self.setups {
            setup(connection).await?;
        }
        let server_side = begin(connection, &self.terms, &self.gate).await?;
        let _ = self.server_side.set(server_side);
        Ok(())
    }
}

fn refused(why: impl fmt::Display) -> ConnectionError {
    ConnectionError::BadConnection(why.to_string())
}
