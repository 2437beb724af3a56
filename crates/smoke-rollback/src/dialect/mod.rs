//! What differs from database to database, whatever the library.

#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod server;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use smoke_core::RollbackVerdict;

use crate::savepoints::{Attempt, Ending, Savepoints};
use crate::{Fault, Link, Sandbox};

/// What is said where the database answers something else than it was asked for.
#[cfg(any(feature = "mysql", feature = "postgres"))]
const NOT_UNDERSTOOD: &str = "the database's answer about its connection was not understood";

/// What a session has to know of a database.
///
/// The functions are generic over the [`Link`], so that one dialect serves all libraries: they send SQL
/// with [`Link::run`] and [`Link::texts`], and connect with [`Link::other`].
pub trait Dialect: Send + Sync + Sized + 'static {
    /// A connection as others see it: what is needed to end it while somebody uses it, such as its
    /// number on the server.
    type Outside: Send + Sync + 'static;

    /// The database's name.
    const NAME: &'static str;

    /// How long a sandbox may hold its transaction unless the application says otherwise.
    const LIMIT: Duration;

    /// Whether sandboxes may write unless the application says otherwise.
    const WRITES: bool = true;

    /// How many sandboxes it bears at the same time.
    const CAPACITY: usize = usize::MAX;

    /// Whether it commits on its own before some statements, and cannot be asked what became of a
    /// transaction.
    const ENDS_ON_ITS_OWN: bool = false;

    /// Whether no commit of the connection is ever carried out.
    const NEVER_COMMITS: bool = false;

    /// How long the next sandbox has to wait after one that was held for that long and may write.
    #[must_use]
    fn pause(_held: Duration) -> Duration {
        Duration::ZERO
    }

    /// Makes a connection ready, before the application's own set-up.
    ///
    /// # Errors
    ///
    /// The error of the statement that failed: no sandbox is opened then.
    fn prepare<L: Link<Dialect = Self>>(
        _connection: &mut L::Connection,
    ) -> impl Future<Output = Result<(), L::Error>> + Send {
        async { Ok(()) }
    }

    /// Begins the transaction of the sandbox with [`Link::begin`]: `BEGIN`, the limits that the server
    /// knows, and then the guard ([`Savepoints::set`]). `known` is what was found out about a
    /// connection that another sandbox has left, so that it need not be asked again.
    ///
    /// # Errors
    ///
    /// The error of the statement that failed: no sandbox is opened then.
    fn begin<L: Link<Dialect = Self>>(
        sandbox: &Sandbox<L>,
        connection: &mut L::Connection,
        known: Option<Arc<Self::Outside>>,
    ) -> impl Future<Output = Result<Arc<Self::Outside>, L::Error>> + Send;

    /// Looks whether the connection is inside the transaction, before it is handed out. What was found
    /// is kept at the gate.
    fn look_inside<L: Link<Dialect = Self>>(
        _sandbox: &Sandbox<L>,
        _connection: &mut L::Connection,
    ) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// The ways to end the transaction, best first: each fails unless the guard exists. Proves the
    /// guard and rolls back, unless there is a better one.
    #[must_use]
    fn end<L: Link<Dialect = Self>>(
        _sandbox: &Sandbox<L>,
        savepoints: &Savepoints,
    ) -> Vec<Attempt<Ending>> {
        vec![Attempt {
            sql: format!("{}; ROLLBACK", savepoints.prove()),
            means: Ending::RolledBack,
        }]
    }

    /// Takes away what would outlive the transaction, right before it ends.
    fn tidy<L: Link<Dialect = Self>>(
        _connection: &mut L::Connection,
        _outside: &Self::Outside,
    ) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Why a COMMIT would be refused, where that is known before the rollback.
    fn refusal(_outside: &Self::Outside) -> Option<String> {
        None
    }

    /// Looks for what was not rolled back, right after the rollback.
    ///
    /// # Errors
    ///
    /// The error of the statement that failed: the verdict is then that nothing is known.
    fn look_back<L: Link<Dialect = Self>>(
        _connection: &mut L::Connection,
    ) -> impl Future<Output = Result<RollbackVerdict, L::Error>> + Send {
        async { Ok(RollbackVerdict::RolledBack) }
    }

    /// Rolls back a transaction in which no savepoint can be set any more, and says what that means.
    ///
    /// # Errors
    ///
    /// The error of the statement that failed.
    fn without_savepoints<L: Link<Dialect = Self>>(
        _connection: &mut L::Connection,
        said: String,
    ) -> impl Future<Output = Result<RollbackVerdict, L::Error>> + Send {
        async { Ok(RollbackVerdict::Unknown { cause: said }) }
    }

    /// Keeps work that comes after the rollback from being committed, on a connection that somebody
    /// may still use.
    ///
    /// # Errors
    ///
    /// The error of the statement that failed.
    fn bar<L: Link<Dialect = Self>>(
        _connection: &mut L::Connection,
    ) -> impl Future<Output = Result<(), L::Error>> + Send {
        async { Ok(()) }
    }

    /// Whether a connection that was rolled back in order may be another sandbox's.
    fn may_be_moved(_outside: &Self::Outside) -> bool {
        false
    }

    /// What is known of an escape beyond what the database says.
    fn remark(_outside: &Self::Outside) -> Option<String> {
        None
    }

    /// Ends the connection from outside, whatever its holder does with it. A connection that is about
    /// to be closed anyway gets until `closing` has passed.
    ///
    /// # Errors
    ///
    /// Why it may still be there.
    fn end_from_outside<L: Link<Dialect = Self>>(
        link: &L,
        outside: &Self::Outside,
        closing: Duration,
    ) -> impl Future<Output = Result<Ended, String>> + Send;

    /// A verdict that leaves open what became of the transaction, once the database was asked by
    /// way of another connection: a [`Fate`](crate::Fate) settles it.
    fn settle<L: Link<Dialect = Self>>(
        _link: &L,
        _outside: &Self::Outside,
        verdict: RollbackVerdict,
    ) -> impl Future<Output = RollbackVerdict> + Send {
        async { verdict }
    }

    /// What a message of the database means, where nothing else is left of an error.
    #[must_use]
    fn read_message(_said: &str) -> Fault {
        Fault::Other
    }

    /// What was said when the database with this URL could not be opened, with what is known of
    /// that besides.
    #[must_use]
    fn explained(said: &str, _url: &str) -> String {
        said.to_owned()
    }
}

/// How a connection was ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was closed already.
    Before,
    /// It was ended.
    Now,
}
