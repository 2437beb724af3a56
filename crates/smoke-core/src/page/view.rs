//! What is shown.

use std::time::{Instant, SystemTime};

use smoke_report::{Outcome, Report, Standing, TestReport, Verdict};

use crate::history::{Known, Point};
use crate::watch::Probe;
use crate::{Runner, Test};

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
    pub(super) standings: Vec<Standing>,
    /// Nothing for a stranger.
    pub(super) known: Known,
    /// The most urgent first.
    pub(super) rows: Vec<Row>,
    /// The run that was asked for; for a stranger, else the newest that strangers may ask for.
    pub(super) shown: Option<Shown>,
    /// Whether all is shown, however long the page becomes.
    pub(super) all: bool,
    pub(super) now: SystemTime,
}

/// A run with its report, and when it began.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) report: Report,
    pub(crate) started: SystemTime,
    /// Whether it was asked for just now.
    pub(crate) is_asked_for: bool,
}

/// A test.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// What is special about it, in a word each.
    pub(super) marks: Vec<&'static str>,
    /// The newest that is known of it.
    pub(super) newest: Option<TestReport>,
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
    /// What is known now. A stranger sees the probes in a word, and the newest run that strangers may ask for
    /// without its details.
    pub(crate) fn of(
        runner: &Runner,
        is_trusted: bool,
        asked_for: Option<Shown>,
        (root, all): (String, bool),
    ) -> Self {
        let (now, known) = (Instant::now(), runner.history().look());
        let standings = PROBES.map(|probe| {
            let standing = runner.standing_at(probe, now);
            match is_trusted {
                true => standing,
                false => standing.in_a_word(),
            }
        });
        let (build, instance) = match is_trusted {
            true => runner.identity(),
            false => (None, None),
        };
        let mut view = Self {
            root,
            is_trusted,
            can_log_in: runner.access().has_token(),
            build: build.map(str::to_owned),
            instance: instance.map(str::to_owned),
            settings: Vec::new(),
            off: runner.off(),
            standings: standings.into(),
            known: Known::default(),
            rows: Vec::new(),
            shown: asked_for,
            all,
            now: SystemTime::now(),
        };
        if is_trusted {
            view.settings = runner.settings().names.clone();
            view.rows = runner.tests().map(|test| Row::of(test, &known)).collect();
            view.known = known;
        } else {
            let public = known.public.map(|(report, started)| Shown {
                report: Report::clone(&report),
                started,
                is_asked_for: false,
            });
            let shown = view.shown.take().or(public);
            view.shown = shown.map(|shown| Shown {
                report: shown.report.without_details(),
                ..shown
            });
            let tests = view.shown.iter().flat_map(|shown| &shown.report.tests);
            view.rows = tests.map(Row::told).collect();
        }
        view.rows.sort_by_key(Row::urgency);
        view
    }

    /// Of the run that was asked for; else of the scheduled runs; else of the newest.
    pub(super) fn headline(&self) -> Headline {
        let asked_for = self.shown.as_ref().filter(|shown| shown.is_asked_for);
        let scheduled = self
            .standings
            .last()
            .filter(|status| !status.schedules.is_empty());
        let newest = self.known.runs.back();
        let (verdict, of, started, reasons) = if let Some(shown) = asked_for {
            let (report, started) = (&shown.report, Some(shown.started));
            (report.verdict(), "this run", started, report.fail_reasons())
        } else if let Some(status) = scheduled {
            let of = "the scheduled runs";
            (status.status, of, None, status.reasons.clone())
        } else if let Some(past) = newest {
            let started = Some(past.begun.started);
            (
                past.verdict,
                "the newest run",
                started,
                past.reasons.clone(),
            )
        } else if let Some(Shown {
            report, started, ..
        }) = &self.shown
        {
            let (verdict, reasons) = (report.verdict(), report.fail_reasons());
            (verdict, "the newest run", Some(*started), reasons)
        } else {
            return Headline {
                verdict: None,
                of: "no run yet",
                started: None,
                reasons: Vec::new(),
            };
        };
        Headline {
            verdict: Some(verdict),
            of,
            started,
            reasons,
        }
    }
}

impl Row {
    fn of(test: &Test, known: &Known) -> Self {
        let track = known.tests.get(test.name());
        let marks = [
            (test.scope() == crate::Scope::Instance, "instance"),
            (test.is_slow(), "slow"),
            (test.is_advisory(), "advisory"),
            (test.is_destructive(), "destructive"),
        ];
        Self {
            name: test.name().to_owned(),
            description: test.summary().map(str::to_owned),
            marks: marks
                .into_iter()
                .filter_map(|(is, mark)| is.then_some(mark))
                .collect(),
            newest: track.map(|track| track.last().clone()),
            points: track
                .map(|track| track.points().collect())
                .unwrap_or_default(),
        }
    }

    /// What a report tells, and nothing else.
    fn told(test: &TestReport) -> Self {
        let is_own = test.scope == crate::Scope::Instance;
        Self {
            name: test.name.clone(),
            description: None,
            marks: is_own.then_some("instance").into_iter().collect(),
            newest: Some(test.clone()),
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
