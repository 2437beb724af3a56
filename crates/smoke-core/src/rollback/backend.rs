//! The trait that a backend implements.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Berth, LastError, RollbackVerdict, Shelf};
use crate::{Error, Result};

/// Makes sandboxes for one type of connection pool.
///
/// A sandbox is a new pool, of the application's own pool type, whose one connection is inside a
/// transaction from connect to close. What a backend has to keep to:
///
/// - the pool never hands out a connection that is not inside the transaction, and after
///   [`Session::finish`] it hands out none at all;
/// - the connection is one that was opened for smoke tests, never one of the application's pool:
///   a new one, or one that the sandbox before it has left in the [`Berth`];
/// - limits on the server are set together with `BEGIN`;
/// - a second connect of the same pool is refused: the first connection was lost;
/// - a session that is dropped unfinished closes its connection, so that the server rolls back.
///
/// `open` runs on a thread of its own beside the application's and the tests' runtimes, inside a
/// Tokio runtime with I/O and time; it may block.
#[diagnostic::on_unimplemented(
    message = "`{Self}` makes no sandboxes",
    label = "not a rollback backend",
    note = "a backend is a `Rollback` of `smoke_diesel`, `smoke_sqlx` or `smoke_sea_orm`, and not the application's pool",
    note = "a `Rollback` of another version of the crate is none: `cargo tree --duplicates` shows what is there twice"
)]
pub trait Backend: Send + Sync + 'static {
    /// The application's pool type.
    type Pool: Clone + Send + Sync + 'static;

    /// The library and the database, for messages: `diesel r2d2 on SQLite`.
    fn describe(&self) -> String;

    /// How many sandboxes may be open at the same time. SQLite has one writer, so it bears one.
    fn capacity(&self) -> usize {
        1
    }

    /// How long a sandbox may hold its transaction before it is ended from outside.
    fn limit(&self) -> Duration {
        Duration::from_secs(2)
    }

    /// Connects, begins the transaction, sets the guard and returns the pool.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or the transaction cannot be begun. An error that is
    /// a [`RollbackVerdict`] keeps its meaning.
    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<Self::Pool>>>;
}

/// For whom a sandbox is opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenRequest {
    /// The name of the test.
    pub test: Arc<str>,
    /// How long the transaction may be held: the backend's own limit.
    pub limit: Duration,
    /// Where a connection may wait that the sandbox before this one has left, and where this one may
    /// leave its own.
    pub berth: Berth,
}

impl OpenRequest {
    /// A request for a sandbox of the test with this name, with a connection of its own.
    ///
    /// The runner makes them; so does what tests a backend on its own.
    #[must_use]
    pub fn new(test: impl Into<Arc<str>>, limit: Duration) -> Self {
        Self {
            test: test.into(),
            limit,
            berth: Berth::none(),
        }
    }

    /// The same request, for a sandbox whose connection may be one that is kept there.
    #[must_use]
    pub fn in_berth(mut self, berth: Berth) -> Self {
        self.berth = berth;
        self
    }
}

/// A sandbox that was opened.
pub struct Opened<P> {
    /// The pool to give to the test and the application.
    pub pool: P,
    /// The other end of it.
    pub session: Arc<dyn Session>,
}

impl<P> fmt::Debug for Opened<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opened<{}>", type_name::<P>())
    }
}

/// An open sandbox, seen from the side that guards it.
pub trait Session: Send + Sync + 'static {
    /// How often the application or the test has taken a connection from the pool. What the
    /// session takes for itself is not counted.
    fn checkouts(&self) -> u64;

    /// Sets a savepoint before an in-process request.
    ///
    /// A request whose future was dropped has not left: the savepoint that it left behind is
    /// released, or rolled back to where the transaction is aborted, before the new one is set.
    /// The connection may be waited for, for 250 ms at most.
    ///
    /// # Errors
    ///
    /// At once, when the connection is in use: the test still holds it.
    fn enter(&self) -> BoxFuture<'_, Result>;

    /// Releases the savepoint after the request, or rolls back to it where an SQL error has
    /// aborted the transaction.
    ///
    /// Where something still holds the connection (a task of the application) for longer than
    /// 250 ms the savepoint stays, and [`finish`](Self::finish) finds what there is to find.
    ///
    /// # Errors
    ///
    /// The verdict, when the transaction is not the one in which the savepoint was set.
    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>>;

    /// Checks the guard, rolls back, closes the pool and says what was found. Called once, last;
    /// also after [`cut`](Self::cut).
    fn finish(&self) -> BoxFuture<'_, RollbackVerdict>;

    /// Why a test that was rolled back in order did not pass, where it was the database: contention,
    /// a limit of the sandbox.
    ///
    /// Called with the error of the test where the test ended, before [`finish`](Self::finish):
    /// what this reads in its sources is kept. Where that is nothing, called once more after
    /// `finish`, with an error that has the texts of the first and none of its sources: for what
    /// the session has seen itself.
    fn explain(&self, error: &Error) -> Option<RollbackVerdict> {
        let _ = error;
        None
    }

    /// What is known of the sandbox that may be why a test did not pass, where
    /// [`explain`](Self::explain) knows nothing for certain. Called after that, with the error of the
    /// test.
    fn remark(&self, error: &Error) -> Option<String> {
        let _ = error;
        None
    }

    /// The last error of the database since the last call, if the library shows it. Called before a
    /// request, and after one that failed.
    fn take_last_error(&self) -> Option<LastError> {
        None
    }

    /// The library's text for an error of the test, and a shorter one without what no reader needs, such
    /// as a line of the server's source.
    fn plainer(&self, error: &Error) -> Option<(String, String)> {
        let _ = error;
        None
    }

    /// For how long the transaction was held, where that is known: asked after
    /// [`finish`](Self::finish). Without it the sandbox counts from its opening to its end.
    fn held(&self) -> Option<Duration> {
        None
    }

    /// How long the next sandbox of this process waits, so that production can write in between: for
    /// databases where nobody else can write while a sandbox is open. `held` is how long sandboxes kept
    /// others from writing since the last pause, one right after the other.
    fn pause(&self, held: Duration) -> Duration {
        let _ = held;
        Duration::ZERO
    }

    /// Ends the transaction from outside, whatever the threads that use it do; whether it is known
    /// to have ended. Where it is not, this is called again. Also called after
    /// [`finish`](Self::finish), of what that could not end.
    fn cut(&self) -> BoxFuture<'_, bool>;
}

pub(crate) type AnyPool = Box<dyn Any + Send + Sync>;

/// A backend whose pool type is known by its `TypeId` alone.
pub(crate) trait ErasedBackend: Send + Sync {
    /// The types of a value that is the pool: also where it is shared.
    fn pool_types(&self) -> [TypeId; 2];
    fn describe(&self) -> String;
    fn capacity(&self) -> usize;
    fn limit(&self) -> Duration;
    /// Its connections that wait for the next test.
    fn shelf(&self) -> &Shelf;
    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<(AnyPool, Arc<dyn Session>)>>;
}

struct Erased<B> {
    backend: B,
    shelf: Shelf,
}

pub(crate) fn erase<B: Backend>(backend: B) -> Arc<dyn ErasedBackend> {
    Arc::new(Erased {
        backend,
        shelf: Shelf::default(),
    })
}

impl<B: Backend> ErasedBackend for Erased<B> {
    fn pool_types(&self) -> [TypeId; 2] {
        [TypeId::of::<B::Pool>(), TypeId::of::<Arc<B::Pool>>()]
    }

    fn describe(&self) -> String {
        self.backend.describe()
    }

    fn capacity(&self) -> usize {
        self.backend.capacity().max(1)
    }

    fn limit(&self) -> Duration {
        self.backend.limit()
    }

    fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<(AnyPool, Arc<dyn Session>)>> {
        Box::pin(async move {
            let Opened { pool, session } = self.backend.open(request).await?;
            Ok((Box::new(pool) as AnyPool, session))
        })
    }
}
