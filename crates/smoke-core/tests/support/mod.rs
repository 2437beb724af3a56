//! A backend that keeps a diary, and short ways to run tests.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::{
    Backend, HandleToken, HandleWatch, OpenRequest, Opened, Outcome, Registry, Report, Result,
    RollbackVerdict, Runner, Selection, Session, Test, TestReport,
};

/// What happened, in order.
#[derive(Clone, Debug, Default)]
pub struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    pub fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|known| *known == line).count()
    }
}

/// A pool that knows nothing but how often a connection was taken from it.
#[derive(Clone, Debug)]
pub struct Pool {
    pub taken: Arc<AtomicU64>,
    _token: Arc<HandleToken>,
}

impl Pool {
    pub fn take(&self) {
        self.taken.fetch_add(1, Ordering::SeqCst);
    }
}

/// Opens pools that write to a diary; how its sandboxes end can be chosen.
#[derive(Clone)]
pub struct Paper {
    pub diary: Diary,
    pub verdict: Arc<Mutex<RollbackVerdict>>,
    pub broken: Option<String>,
    pub limit: Duration,
    pub capacity: usize,
}

impl Default for Paper {
    fn default() -> Self {
        Self {
            diary: Diary::default(),
            verdict: Arc::new(Mutex::new(RollbackVerdict::RolledBack)),
            broken: None,
            limit: Duration::from_secs(5),
            capacity: 1,
        }
    }
}

struct Sheet {
    paper: Paper,
    test: Arc<str>,
    taken: Arc<AtomicU64>,
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
            let taken = Arc::new(AtomicU64::new(0));
            let (token, handles) = HandleToken::new();
            let pool = Pool {
                taken: Arc::clone(&taken),
                _token: Arc::new(token),
            };
            let session = Sheet {
                paper: self.clone(),
                test: request.test,
                taken,
                handles,
            };
            Ok(Opened {
                pool,
                session: Arc::new(session),
            })
        })
    }
}

impl Session for Sheet {
    fn checkouts(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
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
            let gone = self.handles.gone(Duration::from_millis(100)).await;
            self.paper.diary.note(format!("finish {}", self.test));
            if gone {
                self.paper.verdict.lock().unwrap().clone()
            } else {
                RollbackVerdict::Straggler {
                    holder: "a handle of the sandbox's pool is still held".to_owned(),
                }
            }
        })
    }

    fn cut(&self) -> BoxFuture<'_, ()> {
        self.paper.diary.note(format!("cut {}", self.test));
        Box::pin(async {})
    }
}

pub async fn run(registry: Registry) -> Report {
    Runner::new(registry).run(Selection::slow()).await
}

/// Runs one test and returns what became of it.
pub async fn run_one(test: Test) -> TestReport {
    only(run(Registry::new().test(test)).await)
}

pub fn only(mut report: Report) -> TestReport {
    assert_eq!(report.tests.len(), 1, "{report:#?}");
    report.tests.remove(0)
}

#[track_caller]
pub fn assert_ended(test: &TestReport, outcome: Outcome, message: &str) {
    assert_eq!(test.outcome, outcome, "{test:#?}");
    let said = test.message.as_deref().unwrap_or_default();
    assert!(
        said.contains(message),
        "{said:?} does not contain {message:?}"
    );
}
