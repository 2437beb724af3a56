//! The course of one run: its tests, in their order and within its time.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smoke_report::{Report, TestReport};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant as TokioInstant, timeout_at};

use super::arrivals::ArrivalOfRun;
use super::catalogue::Catalogue;
use super::conduct::Run;
use super::ended::Ended;
use super::engine::Engine;
use super::event::Event;
use super::halt::Halt;
use super::patrol::patrol;
use super::starved;
use super::stop::Stop;
use crate::Selection;
use crate::panic::stands_in_front;

/// One run.
pub(super) struct Course {
    pub(super) id: Arc<str>,
    pub(super) selection: Arc<Selection>,
    /// How the requests of its tests arrive.
    pub(super) arrival: ArrivalOfRun,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) engine: Arc<Engine>,
    /// Ends it early.
    pub(super) halt: Halt,
    /// Where its tests may leave what shows why they failed.
    pub(super) artifacts: Option<Arc<Path>>,
    /// How long it may take.
    pub(super) limit: Duration,
    /// From when the run's time counts.
    pub(super) began_at: Instant,
    pub(super) shut: watch::Receiver<bool>,
    pub(super) watchers: broadcast::Sender<Event>,
}

impl Course {
    /// Runs the tests and builds the report of what became of them, at the run's limit at last.
    pub(super) async fn run(self) -> Report {
        let started = Instant::now();
        let mut report = Report::new(&*self.id);
        report.build.clone_from(&self.catalogue.build);
        report.instance.clone_from(&self.catalogue.instance);
        let until = self.began_at + self.limit / 2;
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
        let halt = self.halt.clone();
        report.tests = self.tests(chosen).await;
        report.duration = started.elapsed();
        report.reasons.extend(halt.reason().map(str::to_owned));
        report
    }

    async fn tests(self, chosen: Vec<usize>) -> Vec<TestReport> {
        let limit = self.limit;
        let timing = &self.catalogue.limits.timing;
        let answer_at = TokioInstant::from_std(self.began_at + limit - timing.answering);
        let stop = Stop {
            at: self.began_at + limit - timing.cleaning,
            limit,
            shut: Some(self.shut.clone()),
        };
        let catalogue = Arc::clone(&self.catalogue);
        let _ = self.watchers.send(Event::RunStarted {
            run: Arc::clone(&self.id),
            selection: Arc::clone(&self.selection),
            tests: chosen.len(),
        });
        let run = Run::new(self, stop, chosen);
        // They outlive the answer where a test does.
        tokio::spawn(Arc::clone(&run).conduct());
        tokio::spawn(patrol(Arc::clone(&run)));
        let _ = timeout_at(answer_at, run.record.complete()).await;
        let late = || {
            let limit = humantime::format_duration(limit);
            starved(format_args!(
                "had not ended when the run's limit of {limit} was near"
            ))
        };
        let reports = run.record.close().map(|(position, test)| {
            test.unwrap_or_else(|| catalogue.entry(position).report(Ended::never(late())))
        });
        reports.collect()
    }
}
