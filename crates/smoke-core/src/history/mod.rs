//! What the last runs found, for people who look. It is kept in memory alone, and bounded.

mod track;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use smoke_report::{Counts, Report, Verdict};

pub(crate) use track::{Point, Track};

/// How many runs are kept, in all and of each test.
pub(crate) const KEPT: usize = 100;

/// The last runs of a runner.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    known: Known,
    /// The newest report, until its tests are told apart: for whoever looks, or at the end of the next run.
    newest: Option<Arc<Report>>,
}

/// What is known of them, as of one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The runs that have ended, the oldest first.
    pub(crate) runs: VecDeque<Arc<Past>>,
    /// The runs that have begun and not ended, the oldest first.
    pub(crate) under_way: Vec<Arc<Begun>>,
    /// The tests that were in a run, by their names.
    pub(crate) tests: Arc<BTreeMap<Arc<str>, Arc<Track>>>,
    public: Option<Public>,
}

/// The newest run of what everybody may ask for.
#[derive(Clone, Debug)]
pub(crate) struct Public {
    pub(crate) report: Arc<Report>,
    pub(crate) started: SystemTime,
}

/// A run that has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) run: Arc<str>,
    pub(crate) selection: String,
    pub(crate) asked_by: String,
    pub(crate) started: SystemTime,
    /// Whether everybody may ask for it.
    pub(crate) is_public: bool,
    /// Whether it is of all tests, or of all that are not slow: of no choice.
    pub(crate) is_whole: bool,
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Past {
    pub(crate) begun: Arc<Begun>,
    pub(crate) duration: Duration,
    pub(crate) verdict: Verdict,
    pub(crate) counts: Counts,
    /// Why it is a FAIL whatever its tests found.
    pub(crate) reasons: Vec<String>,
}

/// A run that is under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay<'h> {
    history: &'h History,
    begun: Arc<Begun>,
}

impl History {
    /// A run begins.
    pub(crate) fn begin(&self, begun: Begun) -> UnderWay<'_> {
        let begun = Arc::new(begun);
        self.kept().known.under_way.push(Arc::clone(&begun));
        UnderWay {
            history: self,
            begun,
        }
    }

    /// What is known now. The lock is held while pointers to the runs are copied. A run that is recorded
    /// while somebody still reads copies what it changes.
    pub(crate) fn look(&self) -> Known {
        let mut kept = self.kept();
        kept.tell_apart();
        kept.known.clone()
    }

    /// The newest run of what everybody may ask for.
    pub(crate) fn public(&self) -> Option<Public> {
        self.kept().known.public.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay<'_> {
    /// The run has ended, and this is what it found.
    pub(crate) fn end(self, report: &Arc<Report>) {
        let mut kept = self.history.kept();
        kept.tell_apart();
        kept.newest = Some(Arc::clone(report));
        let known = &mut kept.known;
        known.over(&self.begun.run);
        if self.begun.is_public {
            known.public = Some(Public {
                report: Arc::clone(report),
                started: self.begun.started,
            });
        }
        if known.runs.len() == KEPT {
            known.runs.pop_front();
        }
        known.runs.push_back(Arc::new(Past {
            begun: Arc::clone(&self.begun),
            duration: report.duration,
            verdict: report.verdict(),
            counts: report.counts(),
            reasons: report.fail_reasons(),
        }));
        // It is locked once more where this ends.
        drop(kept);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.history.kept().known.over(&self.begun.run);
    }
}

impl Kept {
    /// Adds the newest report to what is known of each test.
    fn tell_apart(&mut self) {
        let Some(report) = self.newest.take() else {
            return;
        };
        let tests = Arc::make_mut(&mut self.known.tests);
        for test in &report.tests {
            match tests.get_mut(&*test.name) {
                Some(track) => Arc::make_mut(track).add(test),
                None => {
                    let mut track = Track::default();
                    track.add(test);
                    tests.insert(test.name.as_str().into(), Arc::new(track));
                }
            }
        }
    }
}

impl Known {
    fn over(&mut self, run: &str) {
        self.under_way.retain(|begun| *begun.run != *run);
    }
}

#[cfg(test)]
mod tests {
    use smoke_report::{Kind, Outcome, TestReport};

    use super::*;

    fn begun(run: usize) -> Begun {
        Begun {
            run: run.to_string().into(),
            selection: "fast".to_owned(),
            asked_by: "a test".to_owned(),
            started: SystemTime::now(),
            is_public: run.is_multiple_of(2),
            is_whole: true,
        }
    }

    fn report(run: usize) -> Arc<Report> {
        let outcome = match run {
            7 => Outcome::Failed,
            _ => Outcome::Passed,
        };
        let took = Duration::from_millis(run as u64);
        let test = |name| TestReport::new(name, "shop", Kind::Unit, outcome, took);
        Arc::new(Report::new(run.to_string()).with_tests([test("a"), test("b")]))
    }

    #[test]
    fn the_last_hundred_runs_are_kept_and_the_oldest_is_forgotten() {
        let history = History::default();
        for run in 0..KEPT + 5 {
            history.begin(begun(run)).end(&report(run));
        }
        let known = history.look();
        assert_eq!(known.runs.len(), KEPT);
        assert_eq!(&*known.runs[0].begun.run, "5");
        assert!(!known.runs[2].verdict.is_pass(), "the seventh failed");
        let points: Vec<_> = known.tests["b"].points().collect();
        assert_eq!(points.len(), KEPT);
        assert_eq!(points[2].outcome, Outcome::Failed);
        assert_eq!(points[KEPT - 1].took(), Duration::from_millis(104));
        assert!(known.tests["b"].is_good());
        assert_eq!(history.public().unwrap().report.run, "104");
    }

    #[test]
    fn what_runs_is_known_until_it_ends_or_is_lost() {
        let history = History::default();
        let (first, second) = (history.begin(begun(1)), history.begin(begun(2)));
        assert_eq!(history.look().under_way.len(), 2);
        first.end(&report(1));
        let known = history.look();
        assert_eq!((known.runs.len(), known.under_way.len()), (1, 1));
        drop(second);
        let known = history.look();
        assert_eq!((known.runs.len(), known.under_way.len()), (1, 0));
    }

    #[test]
    fn who_reads_keeps_what_was_known_then() {
        let history = History::default();
        history.begin(begun(1)).end(&report(1));
        let known = history.look();
        history.begin(begun(2)).end(&report(2));
        assert_eq!(known.tests["a"].points().count(), 1);
        assert_eq!(history.look().tests["a"].points().count(), 2);
    }

    #[test]
    fn a_run_that_skips_a_test_hides_nothing_that_is_known() {
        let history = History::default();
        let took = Duration::from_millis(3);
        let run = |run: usize, outcome| {
            let test = TestReport::new("a", "shop", Kind::Unit, outcome, took).with_message("why");
            let report = Arc::new(Report::new(run.to_string()).with_tests([test]));
            history.begin(begun(run)).end(&report);
            Arc::clone(&history.look().tests["a"])
        };
        assert!(run(1, Outcome::Skipped).is_good());
        assert_eq!(
            run(2, Outcome::Failed).last().unwrap().outcome,
            Outcome::Failed
        );
        let track = run(3, Outcome::Skipped);
        assert_eq!(track.last().unwrap().outcome, Outcome::Failed);
        assert!(!track.is_good());
        assert_eq!(track.points().count(), 1);
        let track = run(4, Outcome::Passed);
        assert!(track.is_good() && track.last().is_none());
    }
}
