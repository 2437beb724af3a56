//! The course of one run: its tests, in their order and within its time.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use smoke_report::{Outcome, Report, TestReport};
use tokio::sync::{MutexGuard, broadcast, mpsc};
use tokio::time::{Instant as TokioInstant, sleep_until, timeout_at};

use super::arrivals::ArrivalOfRun;
use super::catalogue::{Catalogue, Entry, SuiteJobs};
use super::engine::Engine;
use super::event::Event;
use super::isolate::{Ended, Stop, execute};
use super::job::Job;
use crate::error::MOST_CAUSES;
use crate::fixture::building::Unbuilt;
use crate::panic::stands_in_front;
use crate::redact::{REPORTED, shown};
use crate::{Error, ErrorKind, Result, Selection, Skip};

/// Tests stop this long before the run's limit, so that they can be cleaned up after.
const CLEANING: Duration = Duration::from_millis(600);
/// The answer is given this long before the run's limit.
const ANSWERING: Duration = Duration::from_millis(250);

/// More of a message is not reported: what was read of an error, and what the runner says beside it.
const LONGEST_TEXT: usize = REPORTED + 512;
/// More of a test's requests are not reported.
const MOST_REQUESTS: usize = 200;

/// One run.
pub(crate) struct Course {
    pub(crate) id: Arc<str>,
    pub(crate) selection: Arc<Selection>,
    /// How the requests of its tests arrive.
    pub(crate) arrival: ArrivalOfRun,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) engine: Arc<Engine>,
    /// From when the run's time counts.
    pub(crate) began_at: Instant,
    pub(crate) shut: tokio::sync::watch::Receiver<bool>,
    pub(crate) watchers: broadcast::Sender<Event>,
}

/// What the tests of one run share.
struct Shared {
    course: Course,
    stop: Stop,
    /// Set where the run is to stop at the first test that does not pass, and one has not.
    halted: AtomicBool,
    unbuilt: Unbuilt,
    events: mpsc::UnboundedSender<Event>,
}

impl Course {
    /// Runs the tests and builds the report of what the events said, at the run's limit at last.
    pub(crate) async fn run(self) -> Report {
        let started = Instant::now();
        let mut report = Report::new(&*self.id);
        report.build.clone_from(&self.catalogue.build);
        report.instance.clone_from(&self.catalogue.instance);
        let limit = self.catalogue.limits.of_run(self.selection.is_slow());
        let until = self.began_at + limit / 2;
        if !stands_in_front(TokioInstant::from_std(until)).await {
            report.reasons.push(
                "not run: a panic hook of the application is still at work, and would be in the way of a test's panic"
                    .to_owned(),
            );
            return report;
        }
        let chosen = match self.catalogue.choose(&self.selection) {
            Ok(chosen) => chosen,
            Err(reason) => {
                report.reasons.push(reason);
                return report;
            }
        };
        report.tests = self.tests(&chosen).await;
        report.duration = started.elapsed();
        report
    }

    async fn tests(self, chosen: &[usize]) -> Vec<TestReport> {
        let limit = self.catalogue.limits.of_run(self.selection.is_slow());
        let answer_at = TokioInstant::from_std(self.began_at + limit - ANSWERING);
        let stop = Stop {
            at: self.began_at + limit - CLEANING,
            limit,
            shut: Some(self.shut.clone()),
        };
        let (watchers, catalogue) = (self.watchers.clone(), Arc::clone(&self.catalogue));
        let (events, mut incoming) = mpsc::unbounded_channel();
        let started = Event::RunStarted {
            run: Arc::clone(&self.id),
            selection: Arc::clone(&self.selection),
            tests: chosen.len(),
        };
        let _ = watchers.send(started);
        let shared = Arc::new(Shared {
            course: self,
            stop,
            halted: AtomicBool::new(false),
            unbuilt: Unbuilt::default(),
            events,
        });
        // One task, so that tests take their turns in order. It outlives the answer where a test does.
        let course = groups(&catalogue, chosen)
            .into_iter()
            .map(move |group| Arc::clone(&shared).group(group));
        tokio::spawn(join_all(course));
        let mut found = HashMap::new();
        loop {
            tokio::select! {
                biased;
                event = incoming.recv() => {
                    let Some(event) = event else { break };
                    if let Event::TestFinished { test, .. } = &event {
                        found.insert(test.name.clone(), Arc::clone(test));
                    }
                    let _ = watchers.send(event);
                }
                () = sleep_until(answer_at) => break,
            }
        }
        let late = || {
            let limit = humantime::format_duration(limit);
            Error::msg(format_args!(
                "had not ended when the run's limit of {limit} was near"
            ))
            .with_place(None)
        };
        let reports = chosen
            .iter()
            .map(|position| catalogue.entry(*position))
            .map(|entry| {
                let test = found.remove(entry.test.name());
                test.map_or_else(|| entry.report(Ended::never(late())), Arc::unwrap_or_clone)
            });
        reports.collect()
    }
}

/// Tests that are run together: those of a suite with hooks, or one test.
struct Group {
    suite: Option<Arc<str>>,
    tests: Vec<usize>,
}

fn groups(catalogue: &Catalogue, chosen: &[usize]) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut suites: BTreeMap<&str, usize> = BTreeMap::new();
    for position in chosen {
        let class = catalogue.entry(*position).test.class();
        if catalogue.suite(class).is_none() {
            groups.push(Group {
                suite: None,
                tests: vec![*position],
            });
            continue;
        }
        let at = *suites.entry(class).or_insert_with(|| {
            groups.push(Group {
                suite: Some(class.into()),
                tests: Vec::new(),
            });
            groups.len() - 1
        });
        groups[at].tests.push(*position);
    }
    groups
}

impl Shared {
    async fn group(self: Arc<Self>, group: Group) {
        let suite = group
            .suite
            .as_deref()
            .and_then(|class| self.course.catalogue.suite(class));
        match suite {
            Some(suite) => self.suite(suite, &group.tests).await,
            None => {
                for position in group.tests {
                    self.finished(self.test(position, None).await);
                }
            }
        }
    }

    /// The tests of a suite, with what is done once around them.
    async fn suite(&self, suite: &SuiteJobs, tests: &[usize]) {
        let (blocked, alone) = match self.set_up(suite, tests).await {
            Ok(alone) => (None, alone),
            Err(error) => (Some(error), None),
        };
        let mut running: FuturesUnordered<_> = tests
            .iter()
            .map(|position| self.test(*position, blocked.as_ref()))
            .collect();
        let tear_down = suite
            .tear_down
            .as_ref()
            .filter(|_| blocked.is_none() && self.any_runs(tests));
        // A test that is good is held back, a passed one where there is one: a tear-down that
        // fails counts once, and against it.
        let mut held: Option<TestReport> = None;
        while let Some(test) = running.next().await {
            let passed = |test: &TestReport| test.outcome == Outcome::Passed;
            let better = held
                .as_ref()
                .is_none_or(|held| passed(&test) && !passed(held));
            if tear_down.is_some() && test.outcome.is_good() && better {
                held.replace(test)
                    .into_iter()
                    .for_each(|test| self.finished(test));
            } else {
                self.finished(test);
            }
        }
        let torn_down = match tear_down {
            Some(job) => self.tear_down(job).await,
            None => Ok(()),
        };
        drop(alone);
        if let Err(error) = torn_down {
            let error = hook_error(error, "the suite's tear-down failed");
            match &mut held {
                Some(held) => tell(held, Err(error)),
                None => {
                    tracing::error!(target: "smoke", run = %self.course.id, "{}", cut(&format!("{error:#}")))
                }
            }
        }
        held.into_iter().for_each(|test| self.finished(test));
    }

    /// Runs a suite's set-up, and keeps other runs from the suite until what is returned is dropped.
    async fn set_up<'s>(
        &self,
        suite: &'s SuiteJobs,
        tests: &[usize],
    ) -> Result<Option<MutexGuard<'s, ()>>> {
        if !self.any_runs(tests) {
            return Ok(None);
        }
        let alone = self.in_time(suite.alone.lock()).await?;
        if let Some(job) = &suite.set_up {
            let set_up = async {
                job.checked.clone()?;
                let _place = self.in_time(self.course.engine.tests.acquire()).await?;
                job.refusal().map_or(Ok(()), Err)?;
                self.execute(job, self.stop.clone()).await.result
            };
            set_up
                .await
                .map_err(|error| hook_error(error, "the suite's set-up failed"))?;
        }
        Ok(Some(alone))
    }

    /// Runs a suite's tear-down whatever the time: nothing else undoes what the set-up did.
    async fn tear_down(&self, job: &Job) -> Result {
        job.checked.clone()?;
        job.refusal().map_or(Ok(()), Err)?;
        self.execute(job, self.stop.late()).await.result
    }

    async fn execute(&self, job: &Job, stop: Stop) -> Ended {
        let Course {
            engine,
            id,
            arrival,
            ..
        } = &self.course;
        execute(engine, job, (id, arrival.get()), &self.unbuilt, stop).await
    }

    /// Whether not all of the tests say that they are to be skipped.
    fn any_runs(&self, tests: &[usize]) -> bool {
        tests
            .iter()
            .any(|position| self.course.catalogue.entry(*position).test.skip.is_none())
    }

    async fn test(&self, position: usize, blocked: Option<&Error>) -> TestReport {
        let entry = self.course.catalogue.entry(position);
        let attempted = self.attempt(entry, blocked).await;
        entry.report(self.noted(attempted.unwrap_or_else(Ended::never)))
    }

    /// Takes note of a test that has the run stop, where it is to stop at the first.
    fn noted(&self, ended: Ended) -> Ended {
        let error = ended.result.as_ref().err();
        let good = error.is_none_or(|error| error.kind() == ErrorKind::Skipped);
        if !good && self.course.selection.is_fail_fast() {
            self.halted.store(true, Ordering::SeqCst);
        }
        ended
    }

    /// Waits for the test's turn and executes it; an error where it does not come to that.
    async fn attempt(&self, entry: &Entry, blocked: Option<&Error>) -> Result<Ended> {
        let (test, job, engine) = (&entry.test, &entry.job, &self.course.engine);
        if let Some(reason) = &test.skip {
            return Err(Error::from(Skip::new(reason)).with_place(None));
        }
        job.checked.clone()?;
        if let Some(error) = blocked {
            return Err(error.clone());
        }
        let asked = Instant::now();
        let _turn = self.in_time(job.turn.lock()).await?;
        let group = test.serial.as_deref().map(|group| engine.group(group));
        let _group = match &group {
            Some(group) => Some(self.in_time(group.lock()).await?),
            None => None,
        };
        let _place = self.in_time(engine.tests.acquire()).await?;
        if self.halted.load(Ordering::SeqCst) {
            return Err(Error::from(Skip::new(
                "not run: another test did not pass, and the run stops at the first",
            ))
            .with_place(None));
        }
        if let Some(refusal) = job.refusal() {
            return Ok(self.noted(Ended::never(refusal)));
        }
        let waited = asked.elapsed();
        let (run, name) = (Arc::clone(&self.course.id), Arc::clone(&test.name));
        let _ = self.events.send(Event::TestStarted { run, test: name });
        let execution = || self.execute(job, self.stop.clone());
        let mut ended = execution().await;
        if ended.transient && Instant::now() < self.stop.at && !self.stop.is_shut() {
            let first = ended;
            ended = execution().await.after(first);
        }
        if let Some(times) = &mut ended.times {
            times.waiting += waited;
        }
        // Before the next test is given this one's place.
        Ok(self.noted(ended))
    }

    /// Waits for what other tests hold, as long as the run has time for tests.
    async fn in_time<T>(&self, waiting: impl Future<Output = T>) -> Result<T> {
        let given = timeout_at(TokioInstant::from_std(self.stop.at), waiting)
            .await
            .ok();
        given
            .filter(|_| Instant::now() < self.stop.at)
            .ok_or_else(|| {
                let limit = humantime::format_duration(self.stop.limit);
                Error::msg(format_args!(
                    "not run: the run's limit of {limit} was near before its turn came"
                ))
                .with_place(None)
            })
    }

    fn finished(&self, test: TestReport) {
        let _ = self.events.send(Event::TestFinished {
            run: Arc::clone(&self.course.id),
            test: Arc::new(test),
        });
    }
}

/// A failed hook is never a failed or skipped test.
fn hook_error(error: Error, what: &str) -> Error {
    let message = format!("{what}: {}", error.message());
    error.reworded(message)
}

impl Entry {
    fn report(&self, ended: Ended) -> TestReport {
        let test = &self.test;
        let mut report = TestReport::new(
            &*test.name,
            test.class(),
            test.kind(),
            Outcome::Passed,
            ended.duration,
        );
        report.description.clone_from(&test.description);
        report.tags.clone_from(&test.tags);
        report.times = ended.times;
        report.requests = ended.requests;
        report.requests.truncate(MOST_REQUESTS);
        tell(&mut report, ended.result);
        report
    }
}

/// Puts a result into a report. No secret that is known by its form gets further than here.
fn tell(report: &mut TestReport, result: Result) {
    let Err(error) = result else { return };
    report.outcome = match error.kind() {
        ErrorKind::Failed => Outcome::Failed,
        ErrorKind::Errored => Outcome::Errored,
        ErrorKind::Skipped => Outcome::Skipped,
    };
    report.message = Some(cut(error.message()));
    report.causes = error
        .causes()
        .iter()
        .take(MOST_CAUSES)
        .map(|cause| cut(cause))
        .collect();
    report.place = error.place().cloned();
}

/// A text as it is reported: no longer than a person reads, and without secrets that are known by
/// their form.
fn cut(text: &str) -> String {
    shown(text, LONGEST_TEXT)
}
