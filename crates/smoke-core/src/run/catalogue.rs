//! A registry as a runner keeps it.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::job::Job;
use super::tally::Tally;
use crate::access::Access;
use crate::providers::{Providers, Supplies};
use crate::ration::Ration;
use crate::test::Hooks;
use crate::theirs::elsewhere;
use crate::watch::{Periods, Plan, Settings, Thresholds, Watch};
use crate::{Kind, Limits, Registry, Schedule, Selection, SigningKey, Test};

/// The tests in the order of their paths, and everything that was said about them.
pub(crate) struct Catalogue {
    entries: Vec<Entry>,
    suites: HashMap<Arc<str>, SuiteJobs>,
    pub(crate) supplies: Arc<Supplies>,
    pub(crate) access: Access,
    pub(crate) signing_keys: Vec<SigningKey>,
    pub(crate) limits: Limits,
    /// Why destructive tests may run, where they may.
    pub(crate) destructive: Option<String>,
    pub(crate) build: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) problems: Vec<String>,
    pub(crate) settings: Settings,
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) fail_status: u16,
    /// What has come of its runs.
    pub(crate) tally: Tally,
    thresholds: Thresholds,
    hold: bool,
}

/// A test, and what is remembered of it.
pub(crate) struct Entry {
    pub(crate) test: Test,
    pub(crate) job: Job,
    /// Of the lines of the log that say why it did not pass.
    ration: Ration,
}

/// What is done once a run around the tests of a suite.
pub(crate) struct SuiteJobs {
    pub(crate) set_up: Option<Arc<Job>>,
    pub(crate) tear_down: Option<Arc<Job>>,
    /// Held by the run whose set-up stands.
    pub(crate) alone: tokio::sync::Mutex<()>,
}

impl Drop for Catalogue {
    /// The tests' functions are the user's, and a run may be the last to have them.
    fn drop(&mut self) {
        elsewhere((mem::take(&mut self.entries), mem::take(&mut self.suites)));
    }
}

impl Catalogue {
    pub(crate) fn new(registry: Registry) -> Self {
        let problems = registry.problems();
        let Registry {
            mut tests,
            hooks,
            supplies,
            access,
            signing_keys,
            limits,
            destructive,
            build,
            instance,
            schedules,
            usual_schedules,
            thresholds,
            hold,
            settings,
            fail_status,
            ..
        } = registry;
        tests.sort_by(|one, other| one.name.cmp(&other.name));
        leave_out(&mut tests, &settings);
        let usual = Schedule::usual().into_iter().filter(|_| usual_schedules);
        let usual = usual.filter(|schedule| {
            let selection = schedule.selection().of_schedule(tests.iter());
            selection.of(tests.iter()).is_ok()
        });
        let schedules = schedules.into_iter().chain(usual);
        let schedules = schedules
            .filter_map(|schedule| paced(schedule, &settings))
            .collect();
        let supplies = Arc::new(supplies);
        let providers = Providers::new(&supplies);
        // The checks of fixtures are the first of the user's code to run for a test.
        crate::panic::stand_in_front();
        let entry = |test: Test| Entry {
            job: Job::of_test(&test, &limits, &providers),
            test,
            ration: Ration::default(),
        };
        let entries = tests.into_iter().map(entry).collect();
        let suite = |(class, hooks): (Arc<str>, Hooks)| {
            let jobs = SuiteJobs::new(&class, hooks, limits.test, &providers);
            (class, jobs)
        };
        let suites = hooks.into_iter().map(suite).collect();
        Self {
            entries,
            suites,
            supplies,
            access,
            signing_keys,
            limits,
            destructive,
            build,
            instance,
            problems,
            settings,
            schedules,
            fail_status,
            tally: Tally::default(),
            thresholds,
            hold,
        }
    }

    pub(crate) fn tests(&self) -> impl Iterator<Item = &Test> + Clone {
        self.entries.iter().map(|entry| &entry.test)
    }

    /// What probe paths answer from.
    pub(crate) fn watch(&self) -> Watch {
        let plan = |schedule: &Schedule| {
            let selection = schedule.selection();
            Plan {
                limit: self.limits.of_run(selection.is_slow()),
                selection: selection.to_string(),
                period: schedule.period(),
            }
        };
        let plans = self.schedules.iter().map(plan).collect();
        Watch::new(plans, self.thresholds, self.hold)
    }

    pub(crate) fn entry(&self, position: usize) -> &Entry {
        &self.entries[position]
    }

    /// Of the lines of the log that say why a test did not pass.
    pub(crate) fn ration(&self, test: &str) -> Option<&Ration> {
        let entries = &self.entries;
        let position = entries.binary_search_by(|entry| (*entry.test.name).cmp(test));
        position.ok().map(|position| &entries[position].ration)
    }

    pub(crate) fn suite(&self, class: &str) -> Option<&SuiteJobs> {
        self.suites.get(class)
    }

    pub(crate) fn choose(&self, selection: &Selection) -> Result<Vec<usize>, String> {
        selection.of(self.tests())
    }

    pub(crate) fn has_destructive(&self) -> bool {
        self.entries.iter().any(|entry| entry.test.destructive)
    }

    /// Why a test is not to be executed in a run of that selection, whatever its turn.
    pub(crate) fn skips(&self, test: &Test, selection: &Selection) -> Option<String> {
        if test.skip.is_some() {
            return test.skip.clone();
        }
        if test.kind() == Kind::Browser && !selection.has_browsers() {
            let why = "a browser is started by the command line and `cargo test` alone, not in a process that serves";
            return Some(why.to_owned());
        }
        if !test.destructive {
            return None;
        }
        let why = match self.destructive {
            None => "the registry does not say .allow_destructive(\"why\")",
            Some(_) if selection.is_destructive() => return None,
            Some(_) => "only POST with the token runs it",
        };
        Some(format!("destructive: {why}"))
    }

    /// The shortest time limit of all.
    pub(crate) fn shortest_limit(&self) -> Duration {
        let shortest = self.jobs().map(|job| job.timeout).min();
        shortest.unwrap_or(self.limits.test)
    }

    /// What the tests miss, test by test.
    pub(crate) fn missing(&self) -> Vec<String> {
        let missing = self
            .jobs()
            .filter_map(|job| Some((job, job.checked.as_ref().err()?)));
        missing
            .filter(|(_, error)| error.kind() != crate::ErrorKind::Skipped)
            .map(|(job, error)| format!("{}: {error:#}", job.name))
            .collect()
    }

    fn jobs(&self) -> impl Iterator<Item = &Job> {
        let hooks = self
            .suites
            .values()
            .flat_map(|suite| suite.set_up.iter().chain(&suite.tear_down));
        let hooks = hooks.map(|job| &**job);
        self.entries.iter().map(|entry| &entry.job).chain(hooks)
    }
}

/// Skips what the environment says.
fn leave_out(tests: &mut [Test], settings: &Settings) {
    for selection in settings.skip.iter().map(Selection::skipped_by) {
        // One that matches nothing is a problem of the registry.
        for position in selection.of(tests.iter()).unwrap_or_default() {
            let reason = || "skipped by SMOKE_SKIP".to_owned();
            tests[position].skip.get_or_insert_with(reason);
        }
    }
}

/// A schedule as the environment has it.
fn paced(schedule: Schedule, settings: &Settings) -> Option<Schedule> {
    match settings.schedule {
        None => Some(schedule),
        Some(Periods::Off) => None,
        Some(Periods::Every(period)) => Some(schedule.with_period(period)),
    }
}

impl SuiteJobs {
    fn new(class: &str, hooks: Hooks, limit: Duration, providers: &Providers<'_>) -> Self {
        let job = |what: &str, body| {
            let name = format!("{class} {what}").into();
            Arc::new(Job::new(name, body, limit, providers))
        };
        Self {
            set_up: hooks.set_up.map(|body| job("set-up", body)),
            tear_down: hooks.tear_down.map(|body| job("tear-down", body)),
            alone: tokio::sync::Mutex::default(),
        }
    }
}
