//! What became of the tests of the one run of a process.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smoke_core::{Ask, Event, Runner, Selection, TestReport};

/// The tests have limits of their own, and nobody waits for an answer about all of them.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// Tells those who wait for a test what became of it.
#[derive(Default)]
pub(super) struct Outcomes {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    tests: HashMap<String, TestReport>,
    /// Why there is none of the others, once nothing more is to come.
    over: Option<String>,
    /// Why it is no success that none failed.
    unearned: Vec<String>,
}

impl Outcomes {
    /// Runs these tests, and hears what becomes of each.
    pub(super) fn begin(self: &Arc<Self>, runner: &Runner, names: Vec<String>) {
        if names.is_empty() {
            return self.close("the test was not to run");
        }
        let (runner, outcomes) = (runner.clone(), Arc::clone(self));
        let run = move || {
            let _closing = Closing(&outcomes);
            match outcomes.run(&runner, names) {
                Ok(reason) => outcomes.close(&reason),
                Err(error) => outcomes.close(&format!("the run could not start: {error}")),
            }
        };
        let thread = std::thread::Builder::new().name("smoke-harness".to_owned());
        if let Err(error) = thread.spawn(run) {
            self.close(&format!("the run could not start: {error}"));
        }
    }

    /// Waits for what became of a test.
    pub(super) fn of(&self, name: &str) -> Result<TestReport, String> {
        let waits = |state: &mut State| state.over.is_none() && !state.tests.contains_key(name);
        let state = self.changed.wait_while(self.state(), waits);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        let test = state.tests.remove(name);
        test.ok_or_else(|| state.over.clone().unwrap_or_default())
    }

    /// Why it is no success that none failed: several were to run, and none passed. One alone may be
    /// skipped, as nextest runs them.
    pub(super) fn unearned(&self) -> Vec<String> {
        self.state().unearned.clone()
    }

    fn run(&self, runner: &Runner, names: Vec<String>) -> std::io::Result<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let mut events = runner.events();
        let ask = Ask::new(Selection::only(names))
            .by("cargo test")
            .with_browsers()
            .within(LIMIT);
        runtime.block_on(async {
            let mut asking = pin!(runner.ask(ask));
            let answer = loop {
                tokio::select! {
                    biased;
                    Ok(event) = events.recv() => self.hear(event),
                    answer = &mut asking => break answer,
                }
            };
            let reasons = answer.report.fail_reasons();
            if answer.report.tests.len() > 1 && answer.report.counts().passed == 0 {
                self.state().unearned.clone_from(&reasons);
            }
            for test in &answer.report.tests {
                self.tell(test);
            }
            Ok(format!("not run: {}", reasons.join("; ")))
        })
    }

    fn hear(&self, event: Event) {
        if let Event::TestFinished { test, .. } = event {
            self.tell(&test);
        }
    }

    fn tell(&self, test: &TestReport) {
        self.state().tests.insert(test.name.clone(), test.clone());
        self.changed.notify_all();
    }

    /// Nothing more is to come. The first word counts.
    fn close(&self, why: &str) {
        self.state().over.get_or_insert_with(|| why.to_owned());
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has nobody wait for ever, whatever becomes of the run.
struct Closing<'o>(&'o Outcomes);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close("the run ended without a word");
    }
}
