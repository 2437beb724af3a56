//! A registry as a runner keeps it.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::job::Job;
use crate::access::Access;
use crate::providers::{Providers, Supplies};
use crate::ration::Ration;
use crate::test::Hooks;
use crate::theirs::elsewhere;
use crate::{Limits, Registry, Selection, SigningKey, Test};

/// The tests in the order of their paths, and everything that was said about them.
pub(crate) struct Catalogue {
    entries: Vec<Entry>,
    suites: HashMap<Arc<str>, SuiteJobs>,
    pub(crate) supplies: Arc<Supplies>,
    pub(crate) access: Access,
    pub(crate) signing_keys: Vec<SigningKey>,
    pub(crate) limits: Limits,
    pub(crate) build: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) problems: Vec<String>,
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
            build,
            instance,
            ..
        } = registry;
        tests.sort_by(|one, other| one.name.cmp(&other.name));
        let supplies = Arc::new(supplies);
        let providers = Providers::new(&supplies);
        // The checks of fixtures are the first of the user's code to run for a test.
        crate::panic::stand_in_front();
        let entry = |test: Test| Entry {
            job: Job::of_test(&test, limits.test, &providers),
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
            build,
            instance,
            problems,
        }
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
        selection.of(self.entries.iter().map(|entry| &entry.test))
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
