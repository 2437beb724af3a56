//! A backend without a database: it keeps a diary of what is done with its sandboxes.
//!
//! For tests of what stands above a backend: the runner, the adapters, an application.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::rollback::LastError;
use smoke_core::{
    Backend, Error, HandleToken, HandleWatch, OpenRequest, Opened, Result, RollbackVerdict, Session,
};
use smoke_rollback::witness::Witness;

/// What happened, in order.
#[derive(Clone, Debug, Default)]
pub struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    /// Writes a line.
    pub fn note(&self, line: impl Into<String>) {
        lock(&self.0).push(line.into());
    }

    /// All lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        lock(&self.0).clone()
    }

    /// How often a line was written.
    #[must_use]
    pub fn count(&self, line: &str) -> usize {
        lock(&self.0).iter().filter(|known| *known == line).count()
    }
}

/// A pool that knows nothing but how often a connection was taken from it.
#[derive(Clone, Debug)]
pub struct Pool {
    taken: Arc<AtomicU64>,
    _token: Arc<HandleToken>,
}

impl Pool {
    /// A pool that is no sandbox's, as production has it.
    #[must_use]
    pub fn of_production() -> Self {
        Self::watched().0
    }

    /// Takes a connection and gives it back.
    pub fn take(&self) {
        self.taken.fetch_add(1, Ordering::SeqCst);
    }

    /// How often a connection was taken.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
    }

    fn watched() -> (Self, HandleWatch) {
        let (token, handles) = HandleToken::new();
        let pool = Self {
            taken: Arc::default(),
            _token: Arc::new(token),
        };
        (pool, handles)
    }
}

/// How long the last handle of a pool is waited for, on a machine that is busy.
const GRACE: Duration = Duration::from_millis(500);

/// Opens sandboxes that write to a diary: `open <test>`, `enter`, `leave`, `cut <test>`,
/// `finish <test>`.
///
/// # Examples
///
/// ```
/// use smoke_conformance::paper::{Paper, Pool};
/// use smoke_core::{Registry, Runner, Sandbox, Selection, Test};
///
/// # #[tokio::main]
/// # async fn main() {
/// let paper = Paper::default();
/// let registry = Registry::new()
///     .rollback(paper.clone())
///     .test(Test::new("shop::sells", async |pool: Sandbox<Pool>| pool.take()));
/// Runner::new(registry).run(Selection::fast()).await;
/// assert_eq!(paper.diary.lines(), ["open shop::sells", "finish shop::sells"]);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Paper {
    /// What was done with the sandboxes.
    pub diary: Diary,
    /// How the sandboxes end, those apart whose pool somebody keeps.
    pub verdict: Arc<Mutex<RollbackVerdict>>,
    /// What the sandboxes know of the errors of their database: a test tells it.
    pub witness: Arc<Witness>,
    /// Why no sandbox can be opened, where none can.
    pub broken: Option<String>,
    /// How long a sandbox may be held. 5 seconds unless set.
    pub limit: Duration,
    /// How many sandboxes may be open at the same time. One unless set.
    pub capacity: usize,
    /// How long the next sandbox has to wait after one. Not at all unless set.
    pub pause: Duration,
}

impl Default for Paper {
    fn default() -> Self {
        Self {
            diary: Diary::default(),
            verdict: Arc::new(Mutex::new(RollbackVerdict::RolledBack)),
            witness: Arc::default(),
            broken: None,
            limit: Duration::from_secs(5),
            capacity: 1,
            pause: Duration::ZERO,
        }
    }
}

struct Sheet {
    paper: Paper,
    test: Arc<str>,
    pool: Arc<AtomicU64>,
    handles: HandleWatch,
}

impl Backend for Paper {
    type Pool = Pool;

    fn describe(&self) -> String {
        "paper".to_owned()
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn limit(&self) -> Duration {
        self.limit
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<Pool>>> {
        Box::pin(async move {
            if let Some(broken) = &self.broken {
                return Err(broken.as_str().into());
            }
            self.diary.note(format!("open {}", request.test));
            let (pool, handles) = Pool::watched();
            let session = Arc::new(Sheet {
                paper: self.clone(),
                test: request.test,
                pool: Arc::clone(&pool.taken),
                handles,
            });
            Ok(Opened { pool, session })
        })
    }
}

impl Session for Sheet {
    fn checkouts(&self) -> u64 {
        self.pool.load(Ordering::SeqCst)
    }

    fn enter(&self) -> BoxFuture<'_, Result> {
        self.paper.diary.note("enter");
        Box::pin(async { Ok(()) })
    }

    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
        self.paper.diary.note("leave");
        Box::pin(async { Ok(()) })
    }

    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(async {
            let gone = self.handles.gone(GRACE).await;
            self.paper.diary.note(format!("finish {}", self.test));
            if gone {
                lock(&self.paper.verdict).clone()
            } else {
                RollbackVerdict::Straggler {
                    holder: "a handle of the sandbox's pool is still held".to_owned(),
                }
            }
        })
    }

    fn explain(&self, _error: &Error) -> Option<RollbackVerdict> {
        self.paper.witness.explain()
    }

    fn take_last_error(&self) -> Option<LastError> {
        self.paper.witness.take_last_error()
    }

    fn pause(&self, _held: Duration) -> Duration {
        self.paper.pause
    }

    fn cut(&self) -> BoxFuture<'_, bool> {
        self.paper.diary.note(format!("cut {}", self.test));
        Box::pin(async { true })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
