//! The backend: what a third party writes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use smoke_core::{Backend, Clue, HandleToken, OpenRequest, Opened, RollbackVerdict};
use smoke_rollback::acting::as_session;
use smoke_rollback::dialect::{Dialect, Ended};
use smoke_rollback::queue::Look;
use smoke_rollback::savepoints::Savepoints;
use smoke_rollback::{
    Choices, Fate, Fault, Link, Missing, Moved, Released, Sandbox, Session, Thread, check_out,
    patience,
};

use crate::database::{Connection, Database, Error, Kind};
use crate::pool::{Hooks, Pool, Pooled};

/// The library, as a session uses it.
pub(crate) struct Library {
    database: Database,
}

impl Link for Library {
    type Dialect = InMemory;
    type Pool = Pool;
    type Connection = Connection;
    type Taken = Pooled;
    type Error = Error;
    type Luggage = ();

    const READS_CODES: bool = true;
    const MOVES: bool = true;

    async fn take(&self, pool: &Pool, wait: Duration) -> Result<Pooled, Missing> {
        let taken = pool.get_within(wait).await;
        taken.map_err(|error| match error.kind {
            Kind::TimedOut => Missing::InUse(error.said),
            _ => Missing::Gone(error.said),
        })
    }

    async fn with<T, W>(mut taken: Pooled, _: Thread, work: W) -> Result<(Pooled, T), String>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, T> + Send + 'static,
    {
        let done = work(&mut taken).await;
        Ok((taken, done))
    }

    async fn discard(&self, taken: Pooled) {
        drop(taken.detach());
    }

    fn shut(&self, pool: &Pool) {
        pool.close();
    }

    async fn part(&self, pool: Pool) -> bool {
        pool.close();
        pool.is_unused()
    }

    fn look(pool: &Pool) -> Option<Look> {
        let (is_out, is_awaited) = (!pool.is_unused(), false);
        Some(Look { is_out, is_awaited })
    }

    async fn release(&self, mut taken: Pooled) -> Released<Self> {
        taken.forget_transaction();
        Ok((taken.detach().unwrap(), ()))
    }

    async fn run(connection: &mut Connection, sql: &str) -> Result<(), Error> {
        connection.query(sql).await.map(drop)
    }

    async fn texts(connection: &mut Connection, sql: &str) -> Result<Vec<Option<String>>, Error> {
        let rows = connection.query(sql).await?;
        Ok(rows.into_iter().map(Some).collect())
    }

    async fn begin(&self, connection: &mut Connection, sql: &str) -> Result<(), Error> {
        connection.begin_with(sql).await
    }

    async fn unnest(connection: &mut Connection) -> bool {
        while connection.depth() > 1 && connection.roll_back().await.is_ok() {}
        connection.depth() == 1
    }

    async fn last_error(connection: &mut Connection, _: &Seen) -> Option<(Fault, String)> {
        let error = connection.take_last_error()?;
        Some((Self::read(&error), error.said))
    }

    async fn other(&self) -> Result<Connection, String> {
        self.database.connect().map_err(|error| error.said)
    }

    fn read(error: &Error) -> Fault {
        match error.kind {
            Kind::NoTransaction | Kind::NoSavepoint => Fault::Ended,
            Kind::Locked => Fault::Busy,
            Kind::Disconnected => Fault::Lost,
            Kind::TimedOut | Kind::Other => Fault::Other,
        }
    }

    fn failure(why: &str) -> Error {
        Error::new(Kind::Other, why)
    }

    fn is_exhausted(&self, clue: Clue<'_>) -> bool {
        let Clue::Error(error) = clue else {
            return false;
        };
        let error = error.downcast_ref::<Error>();
        error.is_some_and(|error| error.kind == Kind::TimedOut)
    }
}

/// The database.
pub(crate) enum InMemory {}

/// A connection and its transaction, as other connections see them.
pub(crate) struct Seen {
    connection: String,
    transaction: String,
}

impl Dialect for InMemory {
    type Outside = Seen;

    const NAME: &'static str = "a database in memory";
    const LIMIT: Duration = Duration::from_millis(500);

    async fn begin<L: Link<Dialect = Self>>(
        sandbox: &Sandbox<L>,
        connection: &mut L::Connection,
        _: Option<Arc<Seen>>,
    ) -> Result<Arc<Seen>, L::Error> {
        let sql = format!("BEGIN; {}", sandbox.savepoints().set());
        sandbox.link().begin(connection, &sql).await?;
        Ok(Arc::new(Seen {
            connection: ask::<L>(connection, "SELECT CONNECTION_NUMBER()").await?,
            transaction: ask::<L>(connection, "SELECT TRANSACTION_NUMBER()").await?,
        }))
    }

    fn may_be_moved(_: &Seen) -> bool {
        true
    }

    async fn end_from_outside<L: Link<Dialect = Self>>(
        link: &L,
        seen: &Seen,
        _: Duration,
    ) -> Result<Ended, String> {
        let kill = format!("KILL {}", seen.connection);
        match ask::<L>(&mut link.other().await?, &kill).await {
            Ok(killed) if killed == "0" => Ok(Ended::Before),
            Ok(_) => Ok(Ended::Now),
            Err(error) => Err(L::said(&error)),
        }
    }

    async fn settle<L: Link<Dialect = Self>>(
        link: &L,
        seen: &Seen,
        verdict: RollbackVerdict,
    ) -> RollbackVerdict {
        let status = format!("SELECT TRANSACTION_STATUS({})", seen.transaction);
        let asked = async {
            ask::<L>(&mut link.other().await?, &status)
                .await
                .map_err(|e| L::said(&e))
        };
        let fate = asked.await.map(|status| Fate::read(Some(&status)));
        fate.unwrap_or_else(Fate::Unknown).settles(verdict)
    }
}

async fn ask<L: Link>(connection: &mut L::Connection, sql: &str) -> Result<String, L::Error> {
    let mut rows = L::texts(connection, sql).await?.into_iter().flatten();
    rows.next().ok_or_else(|| L::failure("no answer"))
}

/// The hooks of a sandbox's pool.
struct Guarded {
    sandbox: Arc<Sandbox<Library>>,
    _token: HandleToken,
}

impl Hooks for Guarded {
    fn connecting(&self) -> Result<(), Error> {
        let admitted = self.sandbox.gate().admit();
        admitted.map_err(|refusal| Error::new(Kind::Other, refusal))
    }

    fn handing_out<'c>(
        &'c self,
        connection: &'c mut Connection,
    ) -> BoxFuture<'c, Result<(), Error>> {
        let checking = check_out(&self.sandbox, connection);
        let refused = |refusal| Error::new(Kind::Other, refusal);
        async move { checking.await.map_err(refused) }.boxed()
    }
}

/// The backend.
pub(crate) struct Rollback {
    pub(crate) database: Database,
    pub(crate) choices: Choices,
}

impl Backend for Rollback {
    type Pool = Pool;

    fn describe(&self) -> String {
        format!("a library of one's own on {}", InMemory::NAME)
    }

    fn limit(&self) -> Duration {
        self.choices.limit_on::<InMemory>()
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, smoke_core::Result<Opened<Pool>>> {
        async move {
            let database = self.database.clone();
            let link = Library { database };
            let sandbox = Sandbox::new(link, &self.choices, &request, Savepoints::new());
            let sandbox = Arc::new(sandbox);
            let (token, handles) = HandleToken::new();
            let guarded = Guarded {
                sandbox: Arc::clone(&sandbox),
                _token: token,
            };
            let patience = patience(request.limit);
            let pool = Pool::new(self.database.clone(), 1, patience, guarded);
            let moved = request.berth.take::<Moved<Library>>();
            if let Some(Moved { connection, .. }) = moved {
                sandbox.gate().admit()?;
                pool.add(connection);
            }
            let mut connection = as_session(pool.get())
                .await
                .map_err(|e| Sandbox::<Library>::not_begun(&e))?;
            sandbox.begin(&mut connection, None).await?;
            drop(connection);
            Ok(Session::opened(sandbox, pool, handles, &request))
        }
        .boxed()
    }
}
