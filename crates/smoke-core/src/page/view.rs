//! What is shown.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use smoke_report::{Kind, Outcome, Report, Standing, TestReport, Verdict};

use crate::history::{Known, Point, Track};
use crate::watch::Probe;
use crate::{Runner, Scope, Test};

const PROBES: [Probe; 4] = [Probe::Live, Probe::Startup, Probe::Ready, Probe::Status];

/// Everything that the page shows to one viewer, as of one moment.
pub(crate) struct View {
    /// The way from the page to the endpoint's folder: `./`.
    pub(super) root: String,
    pub(super) is_trusted: bool,
    /// Whether there is a token by which a stranger becomes trusted.
    pub(super) can_log_in: bool,
    pub(super) build: Option<String>,
    pub(super) instance: Option<String>,
    /// The variables of the environment that are set for smoke tests.
    pub(super) settings: Vec<&'static str>,
    /// Why no run starts, if they are switched off.
    pub(super) off: Option<&'static str>,
    pub(super) headline: Headline,
    pub(super) standings: Vec<Standing>,
    /// Nothing for a stranger.
    pub(super) known: Known,
    /// The most urgent first.
    pub(super) rows: Vec<Row>,
    /// Whether all is shown, however long the page becomes.
    pub(super) all: bool,
    pub(super) now: SystemTime,
}

/// A run with its report, as much of it as the viewer may see, and when it began.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) report: Arc<Report>,
    pub(crate) started: SystemTime,
}

/// A test.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// What is special about it, in a word each.
    pub(super) marks: Vec<&'static str>,
    /// The newest that is known of it.
    pub(super) newest: Option<Arc<TestReport>>,
    pub(super) points: Vec<Point>,
}

/// The verdict at the top, and of what it is.
pub(super) struct Headline {
    /// None where nothing has been found yet.
    pub(super) verdict: Option<Verdict>,
    pub(super) of: &'static str,
    /// When that run began.
    pub(super) started: Option<SystemTime>,
    pub(super) reasons: Vec<String>,
}

impl View {
    /// What is known now, beside the run that was `asked_for`, if one was. A stranger sees the probes in a word,
    /// and that run or the newest that strangers may ask for, without its details.
    pub(crate) fn of(
        runner: &Runner,
        is_trusted: bool,
        asked_for: Option<Shown>,
        (root, all): (String, bool),
    ) -> Self {
        let (now, off) = (Instant::now(), runner.off());
        let standings = PROBES.map(|probe| runner.standing_at(probe, now));
        let known = match is_trusted {
            true => runner.history().look(),
            false => Known::default(),
        };
        // What a stranger is shown of runs.
        let shown = match (is_trusted, &asked_for) {
            (true, _) => None,
            (false, Some(shown)) => Some(shown.clone()),
            (false, None) => runner.history().public().map(|public| Shown {
                report: Arc::new(public.report.without_details()),
                started: public.started,
            }),
        };
        let newest = || match is_trusted {
            true => Headline::of_known(&known),
            false => shown
                .as_ref()
                .map(|shown| Headline::of_run(shown, "the newest run")),
        };
        let headline = match &asked_for {
            Some(shown) => Headline::of_run(shown, "this run"),
            None => Headline::of_circumstances(off, &standings, is_trusted)
                .or_else(newest)
                .unwrap_or_else(Headline::of_nothing),
        };
        let mut rows: Vec<_> = match is_trusted {
            true => runner.tests().map(|test| Row::of(test, &known)).collect(),
            false => {
                let tests = shown.iter().flat_map(|shown| &shown.report.tests);
                tests.map(Row::told).collect()
            }
        };
        rows.sort_by_key(Row::urgency);
        let (build, instance) = match is_trusted {
            true => runner.identity(),
            false => (None, None),
        };
        Self {
            root,
            is_trusted,
            can_log_in: runner.access().has_token(),
            build: build.map(str::to_owned),
            instance: instance.map(str::to_owned),
            settings: match is_trusted {
                true => runner.settings().names.clone(),
                false => Vec::new(),
            },
            off,
            headline,
            standings: match is_trusted {
                true => standings.into(),
                false => standings.iter().map(Standing::in_a_word).collect(),
            },
            known,
            rows,
            all: all && is_trusted,
            now: SystemTime::now(),
        }
    }
}

impl Headline {
    fn of_nothing() -> Self {
        Self {
            verdict: None,
            of: "no run yet",
            started: None,
            reasons: Vec::new(),
        }
    }

    fn of_run(shown: &Shown, of: &'static str) -> Self {
        Self {
            verdict: Some(shown.report.verdict()),
            of,
            started: Some(shown.started),
            reasons: shown.report.fail_reasons(),
        }
    }

    /// Of what counts before any run: that they are switched off, and what the schedules have found.
    fn of_circumstances(
        off: Option<&str>,
        standings: &[Standing],
        is_trusted: bool,
    ) -> Option<Self> {
        let scheduled = standings
            .last()
            .filter(|status| !status.schedules.is_empty());
        let (verdict, of, reasons) = match (off, scheduled) {
            (Some(off), _) => (Verdict::Fail, "nothing runs", vec![off.to_owned()]),
            (None, Some(status)) if is_trusted => {
                (status.status, "the scheduled runs", status.reasons.clone())
            }
            (None, Some(status)) => (status.status, "the scheduled runs", Vec::new()),
            (None, None) => return None,
        };
        Some(Self {
            verdict: Some(verdict),
            of,
            started: None,
            reasons,
        })
    }

    /// Of the newest run that was of no choice. It is no PASS where a test has failed in another run since.
    fn of_known(known: &Known) -> Option<Self> {
        let mut runs = known.runs.iter().rev();
        let newest = runs.find(|past| past.begun.is_whole);
        let is_good = known.tests.values().all(|track| track.is_good());
        match newest {
            Some(past) if is_good || !past.verdict.is_pass() => Some(Self {
                verdict: Some(past.verdict),
                of: "the newest run",
                started: Some(past.begun.started),
                reasons: past.reasons.clone(),
            }),
            _ if is_good => None,
            _ => Some(Self {
                verdict: Some(Verdict::Fail),
                of: "the newest runs",
                started: None,
                reasons: vec!["a test failed when it ran last".to_owned()],
            }),
        }
    }
}

impl Row {
    fn of(test: &Test, known: &Known) -> Self {
        let track = known.tests.get(test.name());
        let marks = [
            (test.scope() == Scope::Instance, "instance"),
            (test.is_slow(), "slow"),
            (test.is_advisory(), "advisory"),
            (test.is_on_request(), "on request"),
            (test.is_destructive(), "destructive"),
        ];
        let marks = marks.into_iter().filter(|(is_so, _)| *is_so);
        Self {
            name: test.name().to_owned(),
            description: test.summary().map(str::to_owned),
            marks: marks.map(|(_, mark)| mark).collect(),
            newest: track.and_then(|track| newest(test.name(), track)),
            points: track
                .map(|track| track.points().collect())
                .unwrap_or_default(),
        }
    }

    /// What a report tells, and nothing else.
    fn told(test: &TestReport) -> Self {
        let is_own = test.scope == Scope::Instance;
        Self {
            name: test.name.clone(),
            description: None,
            marks: is_own.then_some("instance").into_iter().collect(),
            newest: Some(Arc::new(test.clone())),
            points: Vec::new(),
        }
    }

    fn urgency(&self) -> u8 {
        match self.newest.as_ref().map(|test| test.outcome) {
            Some(Outcome::Failed | Outcome::Errored) => 0,
            Some(Outcome::Warned) => 1,
            _ => 2,
        }
    }
}

/// The newest report of a test. Of one that passed there is nothing else to tell.
fn newest(name: &str, track: &Track) -> Option<Arc<TestReport>> {
    let passed = || {
        let point = track.points().last()?;
        let test = TestReport::new(name, "", Kind::Unit, point.outcome, point.took());
        Some(Arc::new(test))
    };
    track.last().cloned().or_else(passed)
}
