//! What became of the tests of a run, until its report is made.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smoke_report::TestReport;
use tokio::sync::{broadcast, watch};

use super::event::Event;

/// Keeps what became of each test, and tells it to who watches the run.
pub(super) struct Record {
    run: Arc<str>,
    /// The positions of the tests in the catalogue, in their order.
    chosen: Vec<usize>,
    state: Mutex<State>,
    watchers: broadcast::Sender<Event>,
    /// True once nothing is left of the run.
    complete: watch::Sender<bool>,
}

struct State {
    /// One for each test; none any more once the run was answered.
    tests: Vec<Option<TestReport>>,
    /// How many tests and suites are not over.
    left: usize,
}

impl Record {
    pub(super) fn new(
        run: &Arc<str>,
        chosen: Vec<usize>,
        suites: usize,
        watchers: broadcast::Sender<Event>,
    ) -> Self {
        let state = State {
            tests: chosen.iter().map(|_| None).collect(),
            left: chosen.len() + suites,
        };
        Self {
            run: Arc::clone(run),
            chosen,
            state: Mutex::new(state),
            watchers,
            complete: watch::Sender::new(false),
        }
    }

    /// A test began.
    pub(super) fn begun(&self, test: &Arc<str>) {
        self.say(|run| Event::TestStarted {
            run,
            test: Arc::clone(test),
        });
    }

    /// A test is over.
    pub(super) fn over(&self, position: usize, test: TestReport) {
        let mut state = self.state();
        let slot = self.chosen.binary_search(&position).ok();
        let slot = slot.and_then(|at| state.tests.get_mut(at));
        if let Some(slot) = slot {
            // After the lines of a run that was answered come none.
            self.say(|run| Event::TestFinished {
                run,
                test: Arc::new(test.clone()),
            });
            *slot = Some(test);
        }
        self.count(state);
    }

    /// A suite is over, its tear-down included.
    pub(super) fn suite_over(&self) {
        self.count(self.state());
    }

    fn count(&self, mut state: MutexGuard<'_, State>) {
        state.left -= 1;
        let is_complete = state.left == 0;
        drop(state);
        if is_complete {
            self.complete.send_replace(true);
        }
    }

    /// How many tests and suites are not over.
    pub(super) fn left(&self) -> usize {
        self.state().left
    }

    pub(super) fn is_complete(&self) -> bool {
        *self.complete.borrow()
    }

    /// Waits until nothing is left of the run.
    pub(super) async fn complete(&self) {
        let _ = self
            .complete
            .subscribe()
            .wait_for(|complete| *complete)
            .await;
    }

    /// What is known of each test, in their order. Nothing more is told of the run.
    pub(super) fn close(&self) -> impl Iterator<Item = (usize, Option<TestReport>)> {
        let tests = std::mem::take(&mut self.state().tests);
        self.chosen.iter().copied().zip(tests)
    }

    /// Nothing is made where nobody listens.
    fn say(&self, event: impl FnOnce(Arc<str>) -> Event) {
        if self.watchers.receiver_count() > 0 {
            let _ = self.watchers.send(event(Arc::clone(&self.run)));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
