//! A test or a hook of a suite, with what is remembered of it between runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::rest::Rest;
use crate::fixture::context::Allowed;
use crate::rollback::HandleWatch;
use crate::scene::{Scene, watched_thread};
use crate::test::AnyBody;
use crate::theirs::panicked;
use crate::timing::Timing;
use crate::{Error, Kind, Limits, Providers, Result, Test};

/// Something that is executed at most once at a time in this process.
pub(crate) struct Job {
    pub(crate) name: Arc<str>,
    pub(crate) body: Arc<dyn AnyBody>,
    pub(crate) timeout: Duration,
    /// Whether the registry has what its fixtures need, as it was found at start.
    pub(crate) checked: Result,
    /// Held while it is executed.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
    latches: Mutex<Latches>,
}

/// Why a job is not started.
#[derive(Default)]
struct Latches {
    /// It has not returned since it was told to stop, at that time.
    hung: Option<(SystemTime, HandleWatch)>,
    /// What it wrote may have stayed. Lasts until the process ends.
    barred: Option<(SystemTime, &'static str)>,
    /// It may have written where nobody sees it, for that reason.
    resting: Option<(Rest, String)>,
}

impl Job {
    pub(crate) fn new(
        name: Arc<str>,
        body: Arc<dyn AnyBody>,
        timeout: Duration,
        providers: &Providers<'_>,
    ) -> Self {
        // A check is the user's own code, as a test is.
        let scene = Scene::default();
        let check = || {
            let checked = body.check(providers);
            checked.map_err(|error| error.plain(None).with_place(None))
        };
        let checked = watched_thread(Arc::clone(&scene), || catch_unwind(AssertUnwindSafe(check)));
        let checked = checked.unwrap_or_else(|payload| {
            let what = format_args!("the check of a fixture panicked");
            Err(panicked(what, payload, &scene).plain(None))
        });
        Self {
            name,
            body,
            timeout,
            checked,
            turn: Arc::default(),
            latches: Mutex::default(),
        }
    }

    pub(crate) fn of_test(test: &Test, limits: &Limits, providers: &Providers<'_>) -> Self {
        Self::new(
            Arc::clone(&test.name),
            Arc::clone(&test.body),
            limits.of_test(test),
            providers,
        )
    }

    /// What its executions are allowed. A browser takes its time: what is clicked in it is to be rolled
    /// back, and a page that failed to be shown.
    pub(crate) fn allowed(&self, timing: &Timing) -> Allowed {
        match self.body.kind() {
            Kind::Browser => Allowed {
                holds: Some(self.timeout + timing.browser_finisher),
                finisher: timing.browser_finisher,
            },
            _ => Allowed {
                holds: None,
                finisher: timing.finisher,
            },
        }
    }

    /// Why the job must not be started now.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let latches = self.latches();
        if let Some((since, why)) = latches.barred {
            let since = time(since);
            return Some(refused(format_args!(
                "not run: at {since} {why}; it will not run again until the process is restarted"
            )));
        }
        let resting = latches.resting.as_ref();
        if let Some((times, left, why)) = resting.and_then(|(rest, why)| {
            let (times, left) = rest.left(Instant::now())?;
            Some((times, left, why))
        }) {
            let until = time(SystemTime::now() + left);
            return Some(refused(format_args!(
                "not run before {until}, since it may leave something behind each time ({times} times in a row so far): {why}"
            )));
        }
        let (since, working) = latches.hung.as_ref()?;
        let since = time(*since);
        (!working.is_gone()).then(|| {
            refused(format_args!(
                "still hung since {since}: it is not started again until it has returned"
            ))
        })
    }

    /// Takes note that the job was told to stop, and goes on.
    pub(crate) fn hang(&self, working: HandleWatch) {
        self.latches().hung = Some((SystemTime::now(), working));
    }

    /// Bars the job for the rest of this process: each execution could leave more behind.
    pub(crate) fn bar(&self, why: &'static str) {
        self.latches()
            .barred
            .get_or_insert((SystemTime::now(), why));
    }

    /// Has the job executed ever more rarely as long as this goes on.
    pub(crate) fn rest(&self, why: String) {
        let mut latches = self.latches();
        let (rest, said) = latches.resting.get_or_insert_default();
        rest.begin(Instant::now());
        *said = why;
    }

    /// Whether something may have stayed of it, since it was last seen to leave nothing.
    pub(crate) fn may_have_left_something(&self) -> bool {
        let latches = self.latches();
        latches.barred.is_some() || latches.resting.is_some()
    }

    /// Takes note that the job has left nothing behind.
    pub(crate) fn rested(&self) {
        self.latches().resting = None;
    }

    fn latches(&self) -> MutexGuard<'_, Latches> {
        self.latches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(message: std::fmt::Arguments<'_>) -> Error {
    Error::msg(message).with_place(None)
}

fn time(time: SystemTime) -> impl std::fmt::Display {
    humantime::format_rfc3339_seconds(time)
}
