//! A COMMIT is possible.

mod statements;

use std::future::Future;
use std::time::{Duration, Instant};

use smoke_core::{Error, Failure, Result, Test};

use super::pool::Pool;
use super::production::{Hindrance, Production};
use statements::statements;

/// How often the row is written where that is refused.
const TRIES: usize = 3;

/// A pool on which a transaction can be committed.
pub trait Commits: Pool {
    /// Carries the statements out in one transaction, and commits it. Each is one statement, has no
    /// parameters, and is understood by all of the databases. It is called again where one is refused.
    ///
    /// # Errors
    ///
    /// When it does not commit; nothing has stayed then.
    fn commit(
        connection: &mut Self::Connection,
        statements: &[String],
    ) -> impl Future<Output = Result<(), Uncommitted>> + Send;
}

/// What kept a transaction from being committed.
#[derive(Debug)]
pub enum Uncommitted {
    /// It could not be begun.
    Begin(Error),
    /// A statement was refused.
    Write(Error),
    /// The COMMIT was refused, or its answer did not come.
    Commit(Error),
}

/// A database that commits. **It commits**: of all checks the only one of which something stays.
///
/// A smoke test is rolled back, so that it never sees what shows with a real COMMIT alone: a synchronous
/// standby that is gone, a full disk below the log, a constraint that is checked at the end. This check
/// writes the one row of a table of its own, `smoke_commit`, and commits it. The row says who was there
/// last, and when. There is never a second one, however many replicas and runs there are.
///
/// The table is made by a migration of the application. PostgreSQL:
///
/// ```sql
#[doc = include_str!("postgres.sql")]
/// ```
///
/// MariaDB and MySQL:
///
/// ```sql
#[doc = include_str!("mysql.sql")]
/// ```
///
/// SQLite:
///
/// ```sql
#[doc = include_str!("sqlite.sql")]
/// ```
///
/// # Who starts it
///
/// - It is *on request*: schedules leave it out, since each replica would write every few minutes for ever.
///   `Test::from(Commit::of(&pool)).scheduled()` has them run it.
/// - It is *slow*: whoever is not trusted asks for the fast tests alone. Otherwise any stranger could have
///   the database write, as often as runs are started. With `Registry::open` everybody is trusted.
/// - So it runs where somebody who is trusted asks for `/smoketest/slow/`: after a deploy, and after the
///   database was moved or has failed over. It is not *destructive*: what stays is a row that says nothing of
///   the application, in the place of the one before it.
///
/// # Fails when
///
/// The transaction cannot be begun, the row cannot be written (no table, no right, a read-only server or
/// file), or the COMMIT does not succeed within [`within`](Self::within). A transaction that is given up
/// then is the pool's to end, as that of a request whose client is gone.
///
/// # Errors
///
/// It errs where the pool gives no connection.
///
/// # Examples
///
/// ```
/// use smoke_checks::Commit;
/// use smoke_checks::database::Commits;
/// use smoke_core::{Registry, Test};
///
/// fn registry(pool: &impl Commits) -> Registry {
///     let commit = Test::from(Commit::of(pool));
///     assert!(commit.is_slow() && commit.is_on_request());
///     Registry::new().test(commit)
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Commit<P> {
    production: Production<P>,
    table: String,
    instance: Option<String>,
}

impl<P: Commits> Commit<P> {
    /// The check of a pool: the one that the application's handlers have.
    pub fn of(pool: &P) -> Self {
        Self {
            production: Production::new(pool, Duration::from_secs(5)),
            table: "smoke_commit".to_owned(),
            instance: gethostname::gethostname().into_string().ok(),
        }
    }

    /// Sets the table, where it is not `smoke_commit`. It becomes part of a statement as it is.
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.table = name.into();
        self
    }

    /// Sets how the row calls this instance: 64 letters, digits, dots, dashes and underscores at most; what else
    /// there is becomes a dash. The host's name unless set.
    pub fn instance(mut self, name: impl Into<String>) -> Self {
        self.instance = Some(name.into());
        self
    }

    /// Sets how long all of it may take, waiting for a connection included. 5 seconds unless set.
    pub fn within(mut self, limit: Duration) -> Self {
        self.production = self.production.within(limit);
        self
    }
}

impl<P: Commits> From<Commit<P>> for Test {
    fn from(check: Commit<P>) -> Self {
        let Commit {
            production,
            table,
            instance,
        } = check;
        let description =
            format!("a COMMIT is possible. This check COMMITS: it writes the one row of {table}");
        let statements = statements(&table, instance.as_deref().unwrap_or("unknown"));
        let body = move |production: Production<P>| {
            let (statements, table) = (statements.clone(), table.clone());
            let limit = production.limit();
            async move {
                let write = move |mut connection| async move {
                    committed::<P>(&mut connection, &statements, limit).await
                };
                let wrote = match production.lend(write).await {
                    Ok(wrote) => wrote.map_err(|why| said(&table, &why)),
                    // Such is a COMMIT that waits for a standby which is gone.
                    Err(Hindrance::Silent(message)) => Err(message),
                    Err(unlent) => return Err(unlent.into()),
                };
                Ok(wrote.map_err(Failure::new)?)
            }
        };
        let test = production.test("commit", &description, body);
        test.slow().on_request()
    }
}

/// The first rows of all are made by replicas at once, of which one is refused: a key that is there by then, a
/// deadlock. Whoever is refused finds the row the next time. That comes at once: what took long was another lock, and
/// is not waited for again.
async fn committed<P: Commits>(
    connection: &mut P::Connection,
    statements: &[String],
    limit: Duration,
) -> Result<(), Uncommitted> {
    let began = Instant::now();
    let mut ended = P::commit(connection, statements).await;
    for _ in 1..TRIES {
        if !matches!(ended, Err(Uncommitted::Write(_))) || began.elapsed() > limit / 4 {
            break;
        }
        match P::commit(connection, statements).await {
            // The connection is lost, and the first error says why.
            Err(Uncommitted::Begin(_)) => break,
            again => ended = again,
        }
    }
    ended
}

fn said(table: &str, why: &Uncommitted) -> String {
    match why {
        Uncommitted::Begin(error) => format!("no transaction could be begun: {error:#}"),
        Uncommitted::Write(error) => format!(
            "the row in {table} could not be written: {error:#}. The table is made by the migration that the documentation \
             of smoke_checks::Commit has, and the application needs the right to read and write it. If the server or the \
             file is read-only, this is no place for the application to write"
        ),
        Uncommitted::Commit(error) => format!(
            "the row in {table} was written, and the COMMIT failed: {error:#}. Whatever the application writes is lost \
             like this"
        ),
    }
}
