//! A pool of connections, as a library might have it.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, ready};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::database::{Connection, Database, Error, Kind};

/// What is asked before the pool connects, and before it hands a connection out.
pub(crate) trait Hooks: Send + Sync + 'static {
    fn connecting(&self) -> Result<(), Error> {
        Ok(())
    }

    fn handing_out<'c>(&'c self, _: &'c mut Connection) -> BoxFuture<'c, Result<(), Error>> {
        ready(Ok(())).boxed()
    }
}

/// Production's pools have none.
impl Hooks for () {}

/// A pool of so many connections.
#[derive(Clone)]
pub(crate) struct Pool(Arc<Inner>);

struct Inner {
    database: Database,
    hooks: Box<dyn Hooks>,
    size: usize,
    wait: Duration,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

/// A connection that was checked out: dropped, it is given back.
pub(crate) struct Pooled {
    /// None once it was taken out of the pool.
    connection: Option<Connection>,
    pool: Pool,
    _place: OwnedSemaphorePermit,
}

impl Pool {
    pub(crate) fn new(database: Database, size: usize, wait: Duration, hooks: impl Hooks) -> Self {
        Self(Arc::new(Inner {
            database,
            hooks: Box::new(hooks),
            size,
            wait,
            places: Arc::new(Semaphore::new(size)),
            idle: Mutex::default(),
        }))
    }

    /// Gives the pool a connection that was made elsewhere.
    pub(crate) fn add(&self, connection: Connection) {
        let mut idle = self.0.idle.lock().unwrap();
        if !self.0.places.is_closed() {
            idle.push(connection);
        }
    }

    pub(crate) async fn get(&self) -> Result<Pooled, Error> {
        self.get_within(self.0.wait).await
    }

    pub(crate) async fn get_within(&self, wait: Duration) -> Result<Pooled, Error> {
        let place = timeout(wait, Arc::clone(&self.0.places).acquire_owned()).await;
        let place = place
            .map_err(|_| Error::new(Kind::TimedOut, "no connection of the pool came free"))?
            .map_err(|_| Error::new(Kind::Other, "the pool is closed"))?;
        let idle = self.0.idle.lock().unwrap().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                self.0.hooks.connecting()?;
                self.0.database.connect()?
            }
        };
        self.0.hooks.handing_out(&mut connection).await?;
        Ok(Pooled {
            connection: Some(connection),
            pool: self.clone(),
            _place: place,
        })
    }

    /// Hands nothing out any more, and closes what comes back.
    pub(crate) fn close(&self) {
        self.0.places.close();
        self.0.idle.lock().unwrap().clear();
    }

    /// Whether nobody has a connection of the pool.
    pub(crate) fn is_unused(&self) -> bool {
        self.0.places.available_permits() == self.0.size
    }
}

impl Pooled {
    /// Takes the connection out of the pool.
    pub(crate) fn detach(mut self) -> Option<Connection> {
        self.connection.take()
    }
}

impl Deref for Pooled {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().unwrap()
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().unwrap()
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.add(connection);
        }
    }
}
