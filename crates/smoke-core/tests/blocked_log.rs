//! A log that nobody reads holds up no run, and what it could not take is counted.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use smoke_core::{Context, Fixture, Kind, Limits, Registry, Result, Runner, Selection, Test};
use smoke_testing::EachLine;
use tokio::time::timeout;

/// The longest that anything here may take.
const LONG: Duration = Duration::from_secs(60);

/// A log whose lines are written as long as somebody reads.
#[derive(Default)]
struct Pipe {
    state: Mutex<State>,
    read: Condvar,
}

#[derive(Default)]
struct State {
    is_read: bool,
    lines: Vec<String>,
}

static PIPE: std::sync::LazyLock<Pipe> = std::sync::LazyLock::new(Pipe::default);

impl Pipe {
    fn write(&self, line: String) {
        let mut state = self.state.lock().unwrap();
        while !state.is_read {
            state = self.read.wait(state).unwrap();
        }
        state.lines.push(line);
    }

    fn set_read(&self, is_read: bool) {
        self.state.lock().unwrap().is_read = is_read;
        self.read.notify_all();
    }

    fn has(&self, part: &str) -> bool {
        let state = self.state.lock().unwrap();
        state.lines.iter().any(|line| line.contains(part))
    }
}

/// The surroundings of a test that is over.
#[derive(Clone, Debug)]
struct Kept(Context);

impl Fixture for Kept {
    const KIND: Kind = Kind::Unit;

    async fn acquire(cx: &Context) -> Result<Self> {
        Ok(Self(cx.clone()))
    }
}

#[tokio::test]
async fn a_log_that_blocks_holds_up_no_run_and_what_it_left_out_is_counted() {
    tracing::subscriber::set_global_default(EachLine(|line| PIPE.write(line))).unwrap();
    let kept = Arc::new(Mutex::new(None));
    let keeps = {
        let kept = Arc::clone(&kept);
        move |Kept(cx): Kept| *kept.lock().unwrap() = Some(cx)
    };
    let endless = Test::new("b", std::future::pending::<()>).timeout(Duration::from_millis(20));
    let limits = Limits::default().starts_per_minute(1000);
    let runner = Runner::new(
        Registry::new()
            .limits(limits)
            .test(Test::new("a", keeps))
            .test(endless)
            .test(Test::new("c", async || -> Result { panic!("no") })),
    );
    let run = || async {
        let report = runner.run(Selection::fast()).await;
        let outcomes: Vec<_> = report.tests.iter().map(|test| test.outcome).collect();
        use smoke_core::Outcome::{Errored, Passed};
        assert_eq!(outcomes, [Passed, Errored, Errored], "{report:#?}");
        let message = report.tests[1].message.as_deref().unwrap_or_default();
        assert!(message.contains("its limit of 20ms"), "{message}");
        report.run
    };
    let blocked = timeout(LONG, run()).await.unwrap();
    let again = timeout(LONG, run()).await.unwrap();
    let cx = kept.lock().unwrap().take().unwrap();
    let began = Instant::now();
    while !PIPE.has("lines of the log were left out") {
        assert!(began.elapsed() < LONG, "nothing was left out");
        // Each of them has a line.
        let over = Arc::new(AtomicUsize::new(0));
        for _ in 0..1000 {
            let over = Arc::clone(&over);
            cx.on_finish(async move {
                over.fetch_add(1, Ordering::SeqCst);
                Err::<(), _>("no")
            });
        }
        while over.load(Ordering::SeqCst) < 1000 {
            assert!(began.elapsed() < LONG);
            tokio::task::yield_now().await;
        }
        timeout(LONG, run()).await.unwrap();
        PIPE.set_read(true);
        timeout(LONG, run()).await.unwrap();
        PIPE.set_read(false);
    }
    // Those that there was room for were kept.
    assert!(PIPE.has(&blocked) && PIPE.has(&again));
    PIPE.set_read(true);
}
