//! A backend may keep a connection from one test to the next, and a run leaves none behind.

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, join};
use smoke_core::{
    Backend, Berth, Kept, Limits, OpenRequest, Opened, Outcome, Registry, Result, RollbackVerdict,
    Runner, Sandbox, Selection, Session, Test,
};
use support::{assert_ended, run};
use tokio::time::timeout;

/// A pool that is nothing but a sandbox's.
#[derive(Clone)]
struct Pool;

/// A database that counts its connections.
#[derive(Clone, Default)]
struct Harbor(Arc<Counts>);

struct Counts {
    capacity: usize,
    limit: Duration,
    now: AtomicUsize,
    most: AtomicUsize,
    made: AtomicUsize,
    /// How many were closed in order.
    ended: AtomicUsize,
    /// Whether closing one in order takes for ever.
    hangs: AtomicBool,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            capacity: 1,
            limit: Duration::from_secs(5),
            now: AtomicUsize::default(),
            most: AtomicUsize::default(),
            made: AtomicUsize::default(),
            ended: AtomicUsize::default(),
            hangs: AtomicBool::default(),
        }
    }
}

struct Connection(Arc<Counts>);

impl Connection {
    fn new(counts: &Arc<Counts>) -> Self {
        counts.made.fetch_add(1, Ordering::SeqCst);
        let now = counts.now.fetch_add(1, Ordering::SeqCst) + 1;
        counts.most.fetch_max(now, Ordering::SeqCst);
        Self(Arc::clone(counts))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Kept for Connection {
    fn end(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if self.0.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            self.0.ended.fetch_add(1, Ordering::SeqCst);
        })
    }
}

impl Harbor {
    fn new(capacity: usize, limit: Duration) -> Self {
        Self(Arc::new(Counts {
            capacity,
            limit,
            ..Counts::default()
        }))
    }

    fn now(&self) -> usize {
        self.0.now.load(Ordering::SeqCst)
    }

    fn made(&self) -> usize {
        self.0.made.load(Ordering::SeqCst)
    }
}

impl Backend for Harbor {
    type Pool = Pool;

    fn describe(&self) -> String {
        "harbor".to_owned()
    }

    fn capacity(&self) -> usize {
        self.0.capacity
    }

    fn limit(&self) -> Duration {
        self.0.limit
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<Pool>>> {
        Box::pin(async move {
            let kept = request.berth.take();
            let connection = kept.unwrap_or_else(|| Connection::new(&self.0));
            let session = Arc::new(Moored {
                connection: Mutex::new(Some(connection)),
                berth: request.berth,
            });
            Ok(Opened {
                pool: Pool,
                session,
            })
        })
    }
}

struct Moored {
    connection: Mutex<Option<Connection>>,
    berth: Berth,
}

impl Moored {
    fn take(&self) -> Option<Connection> {
        self.connection
            .lock()
            .expect("nobody panics with it")
            .take()
    }
}

impl Session for Moored {
    fn checkouts(&self) -> u64 {
        0
    }

    fn enter(&self) -> BoxFuture<'_, Result> {
        Box::pin(async { Ok(()) })
    }

    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
        Box::pin(async { Ok(()) })
    }

    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(async {
            if let Some(connection) = self.take() {
                self.berth.keep(connection);
            }
            RollbackVerdict::RolledBack
        })
    }

    fn cut(&self) -> BoxFuture<'_, bool> {
        drop(self.take());
        Box::pin(async { true })
    }
}

fn tests(harbor: &Harbor, count: usize) -> Registry {
    (0..count).fold(Registry::new().rollback(harbor.clone()), |registry, at| {
        registry.test(Test::new(format!("t{at}"), |_: Sandbox<Pool>| {}))
    })
}

#[tokio::test]
async fn a_hundred_tests_make_one_connection_and_leave_none() {
    let harbor = Harbor::default();
    let runner = Runner::new(tests(&harbor, 100));
    for runs in 1..=2 {
        let report = runner.run(Selection::fast()).await;
        assert!(report.verdict().is_pass(), "{report:#?}");
        assert_eq!((harbor.made(), harbor.now()), (runs, 0));
        assert_eq!(harbor.0.ended.load(Ordering::SeqCst), runs);
    }
}

#[tokio::test]
async fn two_runs_side_by_side_have_no_more_connections_than_the_backend_bears() {
    for capacity in [1, 2] {
        let harbor = Harbor::new(capacity, Duration::from_secs(5));
        let runner = Runner::new(tests(&harbor, 30));
        for _ in 0..5 {
            let (one, other) = join(
                runner.run(Selection::fast()),
                runner.run(Selection::fast().skip("t7")),
            )
            .await;
            assert!(one.verdict().is_pass(), "{one:#?}");
            assert!(other.verdict().is_pass(), "{other:#?}");
            assert_eq!(harbor.now(), 0);
        }
        assert!(harbor.0.most.load(Ordering::SeqCst) <= capacity);
    }
}

#[tokio::test]
async fn a_sandbox_that_is_cut_costs_the_next_test_a_new_connection() {
    let harbor = Harbor::new(1, Duration::from_millis(50));
    let counts = Arc::clone(&harbor.0);
    // Its connection is gone before it is.
    let held = move |_: Sandbox<Pool>| {
        let counts = Arc::clone(&counts);
        async move {
            while counts.now.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    };
    let registry = tests(&harbor, 3).test(Test::new("t1_held", held));
    let limits = Limits::default().tests_at_once(1);
    let report = run(registry.limits(limits)).await;
    let past = "held for longer than its limit of 50ms";
    assert_ended(&report.tests[2], Outcome::Errored, past);
    assert_eq!((harbor.made(), harbor.now()), (2, 0), "{report:#?}");
    assert_eq!(harbor.0.most.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_test_that_hangs_leaves_no_connection() {
    let harbor = Harbor::new(1, Duration::from_millis(50));
    let hung = Test::new("u", async |_: Sandbox<Pool>| {
        std::future::pending::<()>().await
    });
    let registry = tests(&harbor, 3).test(hung.timeout(Duration::from_millis(100)));
    let report = run(registry).await;
    assert!(!report.verdict().is_pass());
    assert_eq!(harbor.now(), 0, "{report:#?}");
}

#[tokio::test]
async fn a_connection_that_does_not_close_is_dropped_and_the_run_is_answered() {
    let harbor = Harbor::default();
    harbor.0.hangs.store(true, Ordering::SeqCst);
    let report = run(tests(&harbor, 3)).await;
    assert!(report.verdict().is_pass(), "{report:#?}");
    let dropped = async {
        while harbor.now() > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_secs(60), dropped).await.unwrap();
}

#[tokio::test]
async fn a_shutdown_ends_what_is_kept() {
    let harbor = Harbor::default();
    // The first one's connection waits for the second, which has none yet.
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let endless = move || {
        let _ = begun.send(());
        std::future::pending::<()>()
    };
    let registry = tests(&harbor, 1).test(Test::new("u", endless));
    let limits = Limits::default().tests_at_once(1);
    let runner = Runner::new(registry.limits(limits));
    let running = tokio::spawn({
        let runner = runner.clone();
        async move { runner.run(Selection::fast()).await }
    });
    begins.recv().await.unwrap();
    assert_eq!((harbor.made(), harbor.now()), (1, 1));
    runner.shutdown().await;
    assert_eq!(harbor.now(), 0);
    assert!(!running.await.unwrap().verdict().is_pass());
}
