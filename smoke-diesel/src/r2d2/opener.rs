//! Turning the connection that a pool has made into the one of a sandbox.

use std::fmt;
use std::sync::Arc;

use diesel::ConnectionError;
use diesel::r2d2::{CustomizeConnection, Error};
use smoke_core::rollback::only_smoke_tests_run_here;
use smoke_core::rollback::postgres::each_statement::Relay;
use smoke_core::{HandleToken, RollbackVerdict};

use super::Manager;
use super::connection::Connection;
use super::observe::Reply;
use crate::dialect::Terms;
use crate::gate::Gate;
use crate::verdict::{not_begun, unproven};
use crate::witness::instrumentation;

pub(super) type Customizer<C> = Arc<dyn CustomizeConnection<C, Error>>;
pub(super) type Setup<C> = Arc<dyn Fn(&mut C) -> Result<(), diesel::result::Error> + Send + Sync>;

/// The customizer of a sandbox's pool: what it lets through is inside the transaction.
pub(super) struct Opener<C: Connection> {
    pub(super) gate: Arc<Gate>,
    pub(super) reply: Arc<Reply<C::Outside>>,
    pub(super) manager: Manager<C>,
    pub(super) customizer: Option<Customizer<C>>,
    pub(super) setups: Vec<Setup<C>>,
    pub(super) terms: Terms,
    /// Dropped with the pool.
    pub(super) _token: HandleToken,
    pub(super) _relay: Option<Relay>,
}

impl<C: Connection> Opener<C> {
    fn open(&self, connection: &mut C) -> smoke_core::Result<C::Outside> {
        let outside = connection.seize(&self.manager)?;
        connection.set_instrumentation(instrumentation::<C::Dialect>(Arc::clone(&self.gate)));
        if let Some(customizer) = &self.customizer {
            customizer
                .on_acquire(connection)
                .map_err(|error| match error {
                    Error::QueryError(error) => not_begun::<C::Dialect>(&error),
                    Error::ConnectionError(error) => error.into(),
                })?;
        }
        for setup in &self.setups {
            setup(connection).map_err(|error| not_begun::<C::Dialect>(&error))?;
        }
        connection.begin(&outside, &self.terms, &self.gate)?;
        self.gate.witness().begin();
        Ok(outside)
    }

    /// Whoever had the connection when it broke may have ended the transaction before.
    fn look_once_more(&self, connection: &mut C) {
        if self.gate.is_closed() || self.gate.over().is_some() {
            return;
        }
        let guard = format!("ROLLBACK TO SAVEPOINT {}", self.terms.guard);
        if let Err(error) = connection.batch_execute(&guard) {
            let verdict = unproven::<C::Dialect>(&self.gate, &[error]);
            if let RollbackVerdict::Escaped { .. } = verdict {
                self.gate.find(verdict);
            }
        }
    }
}

impl<C: Connection> CustomizeConnection<C, Error> for Opener<C> {
    fn on_acquire(&self, connection: &mut C) -> Result<(), Error> {
        // The thread is one that connects for sandboxes alone.
        only_smoke_tests_run_here();
        self.gate.admit().map_err(refused)?;
        let _answer = Answer(self);
        match self.open(connection) {
            Ok(outside) => {
                self.reply.send(Ok(outside));
                Ok(())
            }
            Err(error) => {
                self.gate.close();
                let said = refused(&error);
                self.reply.send(Err(error));
                Err(said)
            }
        }
    }

    fn on_release(&self, mut connection: C) {
        self.look_once_more(&mut connection);
        self.gate.lose(if std::thread::panicking() {
            "a thread panicked while it held the connection, and the pool closed it"
        } else {
            "the pool took the connection for broken, and closed it"
        });
        if let Some(customizer) = &self.customizer {
            customizer.on_release(connection);
        }
    }
}

/// Says that the set-up panicked, unless something was said before.
struct Answer<'o, C: Connection>(&'o Opener<C>);

impl<C: Connection> Drop for Answer<'_, C> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.gate.close();
            self.0.reply.send(Err(smoke_core::Error::msg(
                "the set-up of the connection panicked",
            )));
        }
    }
}

fn refused(why: impl fmt::Display) -> Error {
    Error::ConnectionError(ConnectionError::BadConnection(why.to_string()))
}

impl<C: Connection> fmt::Debug for Opener<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener")
            .field("gate", &self.gate)
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}
