//! A registry as a runner keeps it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::Limits;
use super::job::Job;
use crate::access::Access;
use crate::providers::{Providers, Supplies};
use crate::test::Hooks;
use crate::{Registry, Selection, SigningKey, Test};

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
}

/// What is done once a run around the tests of a suite.
pub(crate) struct SuiteJobs {
    pub(crate) set_up: Option<Job>,
    pub(crate) tear_down: Option<Job>,
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
        let entries = tests
            .into_iter()
            .map(|test| Entry {
                job: Job::of_test(&test, limits.test),
                test,
            })
            .collect();
        let suites = hooks.into_iter().map(|(class, hooks)| {
            (
                Arc::clone(&class),
                SuiteJobs::new(&class, hooks, limits.test),
            )
        });
        Self {
            entries,
            suites: suites.collect(),
            supplies: Arc::new(supplies),
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

    pub(crate) fn suite(&self, class: &str) -> Option<&SuiteJobs> {
        self.suites.get(class)
    }

    pub(crate) fn choose(&self, selection: &Selection) -> Result<Vec<usize>, String> {
        selection.of(self.entries.iter().map(|entry| &entry.test))
    }

    /// The names of the tests that hang.
    pub(crate) fn hung(&self) -> impl Iterator<Item = &str> {
        self.jobs()
            .filter(|job| job.is_hung())
            .map(|job| &*job.name)
    }

    /// What the tests miss, test by test.
    pub(crate) fn missing(&self) -> Vec<String> {
        let providers = Providers::new(&self.supplies);
        let checked = self.jobs().map(|job| (job, job.body.check(&providers)));
        let missing = checked.filter_map(|(job, checked)| checked.err().map(|error| (job, error)));
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
        self.entries.iter().map(|entry| &entry.job).chain(hooks)
    }
}

impl SuiteJobs {
    fn new(class: &str, hooks: Hooks, limit: Duration) -> Self {
        let job = |what: &str, body| Job::new(format!("{class} {what}").into(), body, limit);
        Self {
            set_up: hooks.set_up.map(|body| job("set-up", body)),
            tear_down: hooks.tear_down.map(|body| job("tear-down", body)),
        }
    }
}
