//! A library and a database that answer what they are told to.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::{Berth, HandleToken, OpenRequest};

use crate::Dialect;
use crate::dialect::Ended;
use crate::lock::lock;
use crate::savepoints::Savepoints;
use crate::{Choices, Fault, Link, Missing, Released, Sandbox, Session, Thread};

/// What one connection is sent, and what it answers.
pub(super) struct Script {
    pub(super) sent: Mutex<Vec<String>>,
    /// Statements that fail from now on, by how they begin.
    pub(super) failing: Mutex<Vec<(&'static str, Fault)>>,
    /// Done once, when the transaction is rolled back.
    pub(super) at_rollback: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    /// What comes of ending the connection from outside.
    pub(super) ending: Mutex<Result<Ended, String>>,
    /// How often it was ended from outside.
    pub(super) ends: AtomicUsize,
}

impl Script {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            sent: Mutex::default(),
            failing: Mutex::default(),
            at_rollback: Mutex::default(),
            ending: Mutex::new(Ok(Ended::Now)),
            ends: AtomicUsize::new(0),
        })
    }

    /// What was sent since this was asked before.
    pub(super) fn take_sent(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.sent))
    }

    fn answer(&self, sql: &str) -> Result<(), Said> {
        lock(&self.sent).push(sql.to_owned());
        if sql.ends_with("; ROLLBACK")
            && let Some(job) = lock(&self.at_rollback).take()
        {
            job();
        }
        match lock(&self.failing)
            .iter()
            .find(|(part, _)| sql.starts_with(part))
        {
            Some((part, fault)) => Err(Said(*fault, format!("{part} failed"))),
            None => Ok(()),
        }
    }
}

/// A database that may never commit, or end a transaction on its own.
pub(super) struct Told<const NEVER_COMMITS: bool, const ENDS_ON_ITS_OWN: bool>;

pub(super) type Plain = Told<false, false>;

impl<const NEVER: bool, const OWN: bool> Dialect for Told<NEVER, OWN> {
    type Outside = Script;

    const NAME: &'static str = "a script";
    const LIMIT: Duration = Duration::from_secs(1);
    const NEVER_COMMITS: bool = NEVER;
    const ENDS_ON_ITS_OWN: bool = OWN;

    async fn begin<L: Link<Dialect = Self>>(
        sandbox: &Sandbox<L>,
        connection: &mut L::Connection,
        known: Option<Arc<Script>>,
    ) -> Result<Arc<Script>, L::Error> {
        let sql = format!("BEGIN; {}", sandbox.savepoints().set());
        sandbox.link().begin(connection, &sql).await?;
        known.ok_or_else(|| L::failure("nothing is known of the connection"))
    }

    fn may_be_moved(_: &Script) -> bool {
        true
    }

    async fn end_from_outside<L: Link<Dialect = Self>>(
        _: &L,
        script: &Script,
        _: Duration,
    ) -> Result<Ended, String> {
        script.ends.fetch_add(1, Ordering::SeqCst);
        lock(&script.ending).clone()
    }
}

/// A library that tells errors apart, or does not.
pub(super) struct Scripted<D, const READS_CODES: bool>(PhantomData<fn() -> D>);

/// A pool that has its connection, or says why not.
pub(super) type Pool = Arc<Mutex<Result<Arc<Script>, Why>>>;

/// Why the pool has no connection.
#[derive(Clone, Copy)]
pub(super) enum Why {
    InUse,
    Gone,
}

/// A connection that was checked out.
pub(super) struct Taken {
    script: Arc<Script>,
    pool: Option<Pool>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            *lock(&pool) = Ok(Arc::clone(&self.script));
        }
    }
}

/// An error of the library, and what it means.
#[derive(Debug)]
pub(super) struct Said(Fault, String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

impl std::error::Error for Said {}

impl<D: Dialect, const READS_CODES: bool> Link for Scripted<D, READS_CODES> {
    type Dialect = D;
    type Pool = Pool;
    type Connection = Arc<Script>;
    type Taken = Taken;
    type Error = Said;
    type Luggage = ();

    const READS_CODES: bool = READS_CODES;
    /// So that a cut does not take a connection that was rolled back for gone.
    const ENDS_WHEN_DROPPED: bool = false;
    const MOVES: bool = true;

    async fn take(&self, pool: &Pool, _: Duration) -> Result<Taken, Missing> {
        let taken = std::mem::replace(&mut *lock(pool), Err(Why::InUse));
        match taken {
            Ok(script) => Ok(Taken {
                script,
                pool: Some(Arc::clone(pool)),
            }),
            Err(why) => {
                *lock(pool) = Err(why);
                Err(match why {
                    Why::InUse => Missing::InUse("it was not given back".to_owned()),
                    Why::Gone => Missing::Gone("the pool was closed".to_owned()),
                })
            }
        }
    }

    async fn with<T, W>(mut taken: Taken, _: Thread, work: W) -> Result<(Taken, T), String>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut Arc<Script>) -> BoxFuture<'c, T> + Send + 'static,
    {
        let done = work(&mut taken.script).await;
        Ok((taken, done))
    }

    async fn discard(&self, mut taken: Taken) {
        if let Some(pool) = taken.pool.take() {
            *lock(&pool) = Err(Why::Gone);
        }
    }

    fn shut(&self, _: &Pool) {}

    async fn part(&self, _: Pool) -> bool {
        true
    }

    async fn release(&self, mut taken: Taken) -> Released<Self> {
        taken.pool = None;
        Ok((Arc::clone(&taken.script), ()))
    }

    async fn run(connection: &mut Arc<Script>, sql: &str) -> Result<(), Said> {
        connection.answer(sql)
    }

    async fn texts(connection: &mut Arc<Script>, sql: &str) -> Result<Vec<Option<String>>, Said> {
        connection.answer(sql)?;
        Ok(Vec::new())
    }

    async fn other(&self) -> Result<Arc<Script>, String> {
        Ok(Script::new())
    }

    fn read(error: &Said) -> Fault {
        error.0
    }

    fn failure(why: &str) -> Said {
        Said(Fault::Other, why.to_owned())
    }
}

/// An open sandbox, and what it was opened with.
pub(super) struct Open<D: Dialect, const READS_CODES: bool> {
    pub(super) script: Arc<Script>,
    pub(super) sandbox: Arc<Sandbox<Scripted<D, READS_CODES>>>,
    pub(super) pool: Pool,
    pub(super) berth: Berth,
    pub(super) session: Session<Scripted<D, READS_CODES>>,
}

/// Opens a sandbox whose statements until then are forgotten.
pub(super) async fn open<D, const READS_CODES: bool>() -> Open<D, READS_CODES>
where
    D: Dialect<Outside = Script>,
{
    let script = Script::new();
    let request = OpenRequest::new("a::test", D::LIMIT).in_berth(Berth::of(1));
    let link = Scripted(PhantomData);
    let sandbox = Sandbox::new(link, &Choices::default(), &request, Savepoints::new());
    let sandbox = Arc::new(sandbox);
    let known = Some(Arc::clone(&script));
    let begun = sandbox.begin(&mut Arc::clone(&script), known).await;
    begun.unwrap();
    assert_eq!(script.take_sent(), ["BEGIN; SAVEPOINT smoke_guard"]);
    let pool = Arc::new(Mutex::new(Ok(Arc::clone(&script))));
    // Nobody keeps a handle of the pool.
    let (_, handles) = HandleToken::new();
    let session = Session::new(Arc::clone(&sandbox), Arc::clone(&pool), handles, &request);
    Open {
        script,
        sandbox,
        pool,
        berth: request.berth,
        session,
    }
}
