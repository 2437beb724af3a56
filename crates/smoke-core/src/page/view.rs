//! What is shown.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use smoke_report::{Kind, Outcome, Standing, TestReport};

use super::headline::{Headline, Shown};
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

/// Who looks at the page, and from where.
pub(crate) struct Look {
    /// The way from the page to the endpoint's folder: `./`.
    pub(crate) root: String,
    pub(crate) is_trusted: bool,
    /// Whether all is wanted, however long the page becomes.
    pub(crate) all: bool,
}

impl View {
    /// What is known now, beside the run that was `asked_for`, if one was.
    pub(crate) fn of(runner: &Runner, look: Look, asked_for: Option<Shown>) -> Self {
        let now = Instant::now();
        let standings = PROBES.map(|probe| runner.standing_at(probe, now));
        match look.is_trusted {
            true => Self::whole(runner, look, standings.into(), asked_for),
            false => Self::of_a_stranger(runner, look, &standings, asked_for),
        }
    }

    fn whole(
        runner: &Runner,
        look: Look,
        standings: Vec<Standing>,
        asked_for: Option<Shown>,
    ) -> Self {
        let known = runner.history().look();
        let headline = asked_for
            .map(|shown| Headline::of_this(&shown))
            .or_else(|| runner.off().map(Headline::of_off))
            .or_else(|| Headline::of_schedules(&standings))
            .or_else(|| Headline::of_known(&known));
        let (build, instance) = runner.identity();
        Self {
            root: look.root,
            is_trusted: true,
            can_log_in: false,
            build: build.map(str::to_owned),
            instance: instance.map(str::to_owned),
            settings: runner.settings().names.clone(),
            off: runner.off(),
            headline: headline.unwrap_or_else(Headline::of_nothing),
            standings,
            rows: by_urgency(runner.tests().map(|test| Row::of(test, &known))),
            known,
            all: look.all,
            now: SystemTime::now(),
        }
    }

    /// A stranger sees the probes in a word, and that run or the newest that strangers may ask for, without its details.
    fn of_a_stranger(
        runner: &Runner,
        look: Look,
        standings: &[Standing],
        asked_for: Option<Shown>,
    ) -> Self {
        let newest = runner.history().public().map(|public| Shown {
            report: Arc::new(public.report.without_details()),
            started: public.started,
        });
        let headline = asked_for
            .as_ref()
            .map(Headline::of_this)
            .or_else(|| runner.off().map(Headline::of_off))
            .or_else(|| Headline::of_schedules(standings).map(Headline::without_reasons))
            .or_else(|| newest.as_ref().map(Headline::of_newest));
        let shown = asked_for.or(newest);
        let tests = shown.iter().flat_map(|shown| &shown.report.tests);
        Self {
            root: look.root,
            is_trusted: false,
            can_log_in: runner.access().has_token(),
            build: None,
            instance: None,
            settings: Vec::new(),
            off: runner.off(),
            headline: headline.unwrap_or_else(Headline::of_nothing),
            standings: standings.iter().map(Standing::in_a_word).collect(),
            rows: by_urgency(tests.map(Row::told)),
            known: Known::default(),
            all: false,
            now: SystemTime::now(),
        }
    }
}

fn by_urgency(rows: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(Row::urgency);
    rows
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
