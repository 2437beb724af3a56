//! What a library has to bring.

use std::future::Future;
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::rollback::redact;
use smoke_core::{Clue, Error, RollbackVerdict};

use crate::queue::Look;
use crate::{Dialect, Fault};

/// One family of pools on one database: what a [`Session`](crate::Session) has to know of the library.
///
/// Each sandbox has a link of its own, which knows how the application connects. This crate decides:
/// what is proven, what a failure means, in which order a sandbox ends. A link carries out.
/// The documentation of the crate shows [how to write one](crate#writing-a-backend).
///
/// A library whose connections block may block in every function that is given a connection or
/// makes one: [`with`](Self::with) and [`apart`](Self::apart) choose the thread.
pub trait Link: Send + Sync + Sized + 'static {
    /// The database.
    type Dialect: Dialect;
    /// The application's pool type.
    type Pool: Clone + Send + Sync + 'static;
    /// A connection of the library.
    type Connection: Send + 'static;
    /// A connection that was checked out of a pool; dropped, it is given back.
    type Taken: Send + 'static;
    /// What the library says when a statement fails.
    type Error: std::error::Error + Send + Sync + 'static;
    /// What goes with a connection that is [moved](Self::release): `()` where nothing does.
    type Luggage: Send + 'static;

    /// Whether [`read`](Self::read) tells the end of a transaction from every other error. Without
    /// that an error that says nothing else counts as the end.
    const READS_CODES: bool = false;

    /// What is known of those who wait for the connection.
    const WAITERS: Waiters = Waiters::Unseen;

    /// Whether the library shows the session's own statements to the
    /// [`Witness`](crate::witness::Witness) as it shows the application's.
    const HEARS_STATEMENTS: bool = false;

    /// Whether nothing goes on in a connection that was dropped.
    const ENDS_WHEN_DROPPED: bool = true;

    /// Whether a connection can be [moved](Self::release) from one pool to another.
    const MOVES: bool = false;

    // The pool.

    /// Checks the connection out, and waits for it no longer than `wait`. The session calls this as
    /// itself ([`acting`](crate::acting)), so that [`check_out`](crate::check_out) lets it pass.
    ///
    /// # Errors
    ///
    /// [`Missing::InUse`] where somebody else has the connection, [`Missing::Gone`] where the pool is
    /// closed or has lost it.
    fn take(
        &self,
        pool: &Self::Pool,
        wait: Duration,
    ) -> impl Future<Output = Result<Self::Taken, Missing>> + Send;

    /// Does some work with a connection and returns both. Chooses a thread that may block, where the
    /// library blocks.
    ///
    /// A library that does not block awaits the work where it is:
    /// `let done = work(&mut taken).await; Ok((taken, done))`.
    ///
    /// # Errors
    ///
    /// When the work panicked or was lost, and the connection with it.
    fn with<T, W>(
        taken: Self::Taken,
        thread: Thread,
        work: W,
    ) -> impl Future<Output = Result<(Self::Taken, T), String>> + Send
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut Self::Connection) -> BoxFuture<'c, T> + Send + 'static;

    /// Does some work with connections of its own. Chooses a thread that may block, where the library
    /// blocks. None when the work panicked.
    fn apart<T: Send + 'static>(
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send {
        async { Some(work.await) }
    }

    /// Closes a connection that was checked out.
    fn discard(&self, taken: Self::Taken) -> impl Future<Output = ()> + Send;

    /// Closes the pool to new check-outs, where the library can do that. Does not wait for
    /// connections that are out.
    fn shut(&self, pool: &Self::Pool);

    /// Gives up the session's handle of the pool: its connection is closed now, or when its holder
    /// returns it. True when it is closed already.
    fn part(&self, pool: Self::Pool) -> impl Future<Output = bool> + Send;

    /// What the pool shows of who has the connection and who waits for it. None where it shows
    /// nothing.
    fn look(_pool: &Self::Pool) -> Option<Look> {
        None
    }

    /// How many check-outs have timed out, where the pool counts that.
    fn timed_out(_pool: &Self::Pool) -> u64 {
        0
    }

    /// Moves a connection out of the pool that it was checked out of, so that another pool can have
    /// it. The library believes it to be in no transaction then.
    ///
    /// # Errors
    ///
    /// The connection as it was taken, when it cannot be moved.
    fn release(&self, taken: Self::Taken) -> impl Future<Output = Released<Self>> + Send {
        async { Err(taken) }
    }

    // A connection.

    /// Closes a connection that is in no pool.
    fn close(connection: Self::Connection) -> impl Future<Output = ()> + Send {
        async { drop(connection) }
    }

    /// Runs statements as they are. There may be several, with semicolons between them: those after
    /// one that fails are not run.
    ///
    /// # Errors
    ///
    /// The error of the first statement that fails.
    fn run(
        connection: &mut Self::Connection,
        sql: &str,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Runs a query and returns the first column of each row: a text, or none for NULL.
    ///
    /// # Errors
    ///
    /// The error of the query, and of a column that is no text.
    fn texts(
        connection: &mut Self::Connection,
        sql: &str,
    ) -> impl Future<Output = Result<Vec<Option<String>>, Self::Error>> + Send;

    /// Runs these statements, which begin a transaction, so that the library counts it: the
    /// application's own transactions have to be savepoints within it. Runs them as any others where
    /// the library counts nothing.
    ///
    /// # Errors
    ///
    /// The error of the first statement that fails.
    fn begin(
        &self,
        connection: &mut Self::Connection,
        sql: &str,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send {
        Self::run(connection, sql)
    }

    /// Rolls back what the library counts as begun within the sandbox's transaction and never ended;
    /// whether it still counts what [`begin`](Self::begin) began. True where the library counts
    /// nothing.
    fn unnest(_connection: &mut Self::Connection) -> impl Future<Output = bool> + Send {
        std::future::ready(true)
    }

    /// The error of the application's last statement, where the connection has to be asked for it.
    /// The connection forgets it then.
    fn last_error(
        _connection: &mut Self::Connection,
        _outside: &<Self::Dialect as Dialect>::Outside,
    ) -> impl Future<Output = Option<(Fault, String)>> + Send {
        async { None }
    }

    /// Makes another connection, as the application makes its own. A dialect uses it to end the
    /// sandbox's connection, and to ask what became of its transaction.
    ///
    /// # Errors
    ///
    /// What the library said, without passwords.
    fn other(&self) -> impl Future<Output = Result<Self::Connection, String>> + Send;

    // What PostgreSQL asks besides.

    /// Whether the server's process at the other end is this connection's own, and no pooler stands
    /// between. Else nothing is left in it that the next client of the process would find.
    #[cfg(feature = "postgres")]
    fn is_own_process(
        &self,
        _connection: &mut Self::Connection,
        facts: &crate::dialect::postgres::Facts,
    ) -> impl Future<Output = bool> + Send {
        std::future::ready(facts.are_of_own_process())
    }

    /// Prepares no statements on the server from now on, as far as the library can be told so.
    fn keep_no_statements(_connection: &mut Self::Connection) {}

    /// Takes away the statements that were prepared on the server.
    fn forget_statements(_connection: &mut Self::Connection) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Has the server cancel what it does for the connection, without another connection: it may be
    /// full.
    fn cancel(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    // What SQLite asks besides.

    /// Gets hold of a connection that nobody has seen being opened, or says why it cannot be held;
    /// none where the library has no way to.
    #[cfg(feature = "sqlite")]
    fn adopt(
        _connection: &mut Self::Connection,
    ) -> impl Future<Output = Option<Result<smoke_sqlite::Handle, String>>> + Send {
        std::future::ready(None)
    }

    // What the library says.

    /// What an error of a statement means.
    fn read(error: &Self::Error) -> Fault;

    /// The same in words, without passwords.
    fn said(error: &Self::Error) -> String {
        redact(&error.to_string()).into_owned()
    }

    /// Makes an error of the library with this text, for an answer that a dialect does not understand.
    fn failure(why: &str) -> Self::Error;

    /// What an error of the test, or one within it, says of the database. Knows the library's own
    /// error; a library that wraps it in others, which are no source of each other, looks into them.
    fn find(&self, clue: Clue<'_>) -> Option<Found> {
        match clue {
            Clue::Error(error) => {
                let error = error.downcast_ref()?;
                Some(Found::Fault(Self::read(error), Self::said(error)))
            }
            Clue::Text(_) => None,
        }
    }

    /// Whether that says that a connection was waited for in vain. Not asked where the pool
    /// [tells](Waiters::Told) of that.
    fn is_exhausted(&self, _clue: Clue<'_>) -> bool {
        false
    }

    /// An error of the test as the library puts it, and the same without what says nothing.
    fn plainer(&self, _error: &Error) -> Option<(String, String)> {
        None
    }
}

/// A connection that was moved out of its pool, or what cannot be.
pub type Released<L> = Result<(<L as Link>::Connection, <L as Link>::Luggage), <L as Link>::Taken>;

/// Why there is no connection; what the pool said.
#[derive(Debug)]
pub enum Missing {
    /// Somebody else has it.
    InUse(String),
    /// The pool has none any more.
    Gone(String),
}

/// On which thread something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thread {
    /// The session's own, which may be blocked.
    Own,
    /// One that others need.
    Shared,
}

/// What is known of those who wait for the connection while somebody else has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiters {
    /// The pool tells of each whose wait was in vain.
    Told,
    /// The pool shows them while they wait.
    Shown,
    /// Nothing.
    Unseen,
}

/// What an error of the test says.
#[derive(Clone, Debug)]
pub enum Found {
    /// What the database said.
    Fault(Fault, String),
    /// What it means, whatever the database said.
    Verdict(RollbackVerdict),
}
