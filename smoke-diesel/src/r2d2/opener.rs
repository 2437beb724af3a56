//! Turning the connection that a pool has made into the one of a sandbox.

use std::fmt;
use std::sync::{Arc, Mutex};

use diesel::r2d2::{CustomizeConnection, Error};
use diesel::{ConnectionError, QueryResult};
use smoke_core::rollback::only_smoke_tests_run_here;
use smoke_core::{HandleToken, Result};
use smoke_rollback::dialect::Dialect;
use smoke_rollback::lock;
use smoke_rollback::{Moved, Sandbox};

use super::link::R2d2;
use super::observe::Reply;
use crate::blocking::{Connection, done};
use crate::each_statement::Relay;
use crate::instrumentation::instrumentation;

pub(super) type Customizer<C> = Arc<dyn CustomizeConnection<C, Error>>;
pub(super) type Setup<C> = Arc<dyn Fn(&mut C) -> QueryResult<()> + Send + Sync>;

/// The customizer of a sandbox's pool: what it lets through is inside the transaction.
pub(super) struct Opener<C: Connection> {
    pub(super) sandbox: Arc<Sandbox<R2d2<C>>>,
    pub(super) reply: Arc<Reply>,
    pub(super) customizer: Option<Customizer<C>>,
    pub(super) setups: Vec<Setup<C>>,
    /// The connection of a sandbox before, which the pool gets in the place of its own.
    pub(super) moved: Mutex<Option<Moved<R2d2<C>>>>,
    /// Dropped with the pool.
    pub(super) _token: HandleToken,
    pub(super) _relay: Option<Relay>,
}

impl<C: Connection> Opener<C> {
    fn open(&self, connection: &mut C) -> Result {
        let known = match lock(&self.moved).take() {
            Some(mut moved) => {
                std::mem::swap(&mut moved.connection, connection);
                *lock(&self.sandbox.link().placeholder) = Some(moved.connection);
                Some(moved.outside)
            }
            None => None,
        };
        let listening = instrumentation::<C::Dialect>(Arc::clone(self.sandbox.gate()));
        if known.is_some() {
            connection.set_instrumentation(listening);
        } else {
            let preparing = C::Dialect::prepare::<R2d2<C>>(connection);
            blocked(preparing)?.map_err(|error| not_begun::<C>(&error))?;
            connection.set_instrumentation(listening);
            self.set_up(connection)?;
        }
        blocked(self.sandbox.begin(connection, known))?
    }

    /// Sets the connection up as the application's.
    fn set_up(&self, connection: &mut C) -> Result {
        if let Some(customizer) = &self.customizer {
            let customized = customizer.on_acquire(connection);
            customized.map_err(|error| match error {
                Error::QueryError(error) => not_begun::<C>(&error),
                Error::ConnectionError(error) => error.into(),
            })?;
        }
        for setup in &self.setups {
            setup(connection).map_err(|error| not_begun::<C>(&error))?;
        }
        Ok(())
    }
}

fn not_begun<C: Connection>(error: &diesel::result::Error) -> smoke_core::Error {
    Sandbox::<R2d2<C>>::not_begun(error)
}

/// What came of work that blocks.
fn blocked<T>(work: impl Future<Output = T>) -> Result<T> {
    done(work).ok_or_else(|| smoke_core::Error::msg("a connection that blocks was waited for"))
}

impl<C: Connection> CustomizeConnection<C, Error> for Opener<C> {
    fn on_acquire(&self, connection: &mut C) -> Result<(), Error> {
        // The thread is one that connects for sandboxes alone.
        only_smoke_tests_run_here();
        self.sandbox.gate().admit().map_err(refused)?;
        let _answer = Answer(self);
        match self.open(connection) {
            Ok(()) => {
                self.reply.send(Ok(()));
                Ok(())
            }
            Err(error) => {
                self.sandbox.gate().close();
                let said = refused(&error);
                self.reply.send(Err(error));
                Err(said)
            }
        }
    }

    fn on_release(&self, mut connection: C) {
        done(self.sandbox.look_once_more(&mut connection));
        self.sandbox.gate().lose(if std::thread::panicking() {
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
            self.0.sandbox.gate().close();
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
            .field("sandbox", &self.sandbox)
            .finish_non_exhaustive()
    }
}
