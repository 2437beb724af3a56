//! The answer of a probe path: how a service stands, from what its scheduled runs have found.

use std::fmt::Write as _;
use std::time::Duration;

use serde::de::value::StrDeserializer;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{Format, Reason, Verdict, line, millis};

/// How many tests and schedules a text names.
const NAMED: usize = 8;
/// A text stays under this many bytes, as that of a report does.
const LIMIT: usize = 4096;

/// How a service stands, as a probe path answers it.
///
/// # Examples
///
/// ```
/// use smoke_report::{Format, Reason, Standing, Verdict};
///
/// let mut standing = Standing::new("ready", Verdict::Fail);
/// standing.reason = Some(Reason::Draining);
/// assert_eq!(standing.render(Format::Text), "FAIL\nreason: draining\n");
/// assert_eq!(standing.in_a_word().render(Format::Text), "FAIL\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Standing {
    /// The verdict.
    pub status: Verdict,
    /// What was asked: `live`, `startup`, `ready` or `status`.
    pub probe: String,
    /// In one word, why it is so. None, too, where a newer version wrote a word that this one does not
    /// know.
    #[serde(
        default,
        deserialize_with = "known",
        skip_serializing_if = "Option::is_none"
    )]
    pub reason: Option<Reason>,
    /// The same in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The tests of this instance that are down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub down: Vec<DownTest>,
    /// The tests of what all replicas share that are down: they take nobody out of traffic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<DownTest>,
    /// The schedules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<ScheduleStanding>,
    /// The variables of the environment that are set for smoke tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<String>,
    /// What identifies the build of the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// What identifies the instance that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

/// A test that is down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DownTest {
    /// The test's path.
    pub test: String,
    /// How long it has been down, in milliseconds where it is written.
    #[serde(rename = "for", with = "millis")]
    pub since: Duration,
    /// In how many runs in a row it did not pass.
    pub failures: u32,
    /// What went wrong the last time.
    pub cause: String,
}

/// How a schedule stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScheduleStanding {
    /// Which tests it runs.
    pub selection: String,
    /// How often, in milliseconds where it is written.
    #[serde(with = "millis")]
    pub period: Duration,
    /// Its newest run. None before the first.
    pub newest: Option<NewestRun>,
    /// After how long its next run begins, in milliseconds where it is written. None where none is planned:
    /// one is under way, or the schedules have not been started.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "millis::option"
    )]
    pub next: Option<Duration>,
}

/// The newest run of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewestRun {
    /// The identifier of the run.
    pub run: String,
    /// What it found.
    pub verdict: Verdict,
    /// How long ago it began, in milliseconds where it is written.
    #[serde(with = "millis")]
    pub age: Duration,
}

impl Standing {
    /// A verdict and nothing else.
    #[must_use]
    pub fn new(probe: impl Into<String>, status: Verdict) -> Self {
        Self {
            status,
            probe: probe.into(),
            reason: None,
            reasons: Vec::new(),
            down: Vec::new(),
            degraded: Vec::new(),
            schedules: Vec::new(),
            settings: Vec::new(),
            build: None,
            instance: None,
        }
    }

    /// What everybody may see: the verdict.
    #[must_use]
    pub fn in_a_word(&self) -> Self {
        Self::new(&self.probe, self.status)
    }

    /// The answer in a format, ending in a newline.
    ///
    /// The bytes of the verdict's opposite occur nowhere in it.
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => self.status.only_in_text(&self.text()),
            Format::Json => self.status.only_in_json(&self.json()),
        }
    }

    fn json(&self) -> String {
        // Cannot fail: all keys are strings, all numbers finite, and nothing is written to but memory.
        let mut body = serde_json::to_string(self).expect("a standing is always serializable");
        body.push('\n');
        body
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.status);
        for line in self.lines() {
            let line = line::of(&line);
            if text.len() + line.len() + 1 >= LIMIT {
                break;
            }
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match self.reason {
            Some(reason) if self.reasons.is_empty() => lines.push(format!("reason: {reason}")),
            Some(reason) => {
                let reasons = self.reasons.iter();
                lines.extend(reasons.map(|said| format!("reason: {reason}: {said}")));
            }
            None => lines.extend(self.reasons.iter().map(|said| format!("reason: {said}"))),
        }
        for (word, tests) in [("down", &self.down), ("degraded", &self.degraded)] {
            let named = tests.iter().take(NAMED);
            lines.extend(named.map(|test| format!("{word}: {}", test.sentence())));
            if let Some(more) = tests.len().checked_sub(NAMED).filter(|more| *more > 0) {
                lines.push(format!("{word}: and {more} more"));
            }
        }
        let schedules = self.schedules.iter().take(NAMED);
        lines.extend(schedules.map(|schedule| format!("schedule: {}", schedule.sentence())));
        lines.extend(self.settings.iter().map(|name| format!("set: {name}")));
        lines
    }
}

impl DownTest {
    /// A test that is down, in how many runs in a row and why.
    #[must_use]
    pub fn new(test: impl Into<String>, since: Duration, failures: u32) -> Self {
        Self {
            test: test.into(),
            since,
            failures,
            cause: String::new(),
        }
    }

    /// Sets what went wrong the last time.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }

    fn sentence(&self) -> String {
        let times = if self.failures == 1 { "run" } else { "runs" };
        let (test, since, failures) = (&self.test, seconds(self.since), self.failures);
        let mut sentence = match failures {
            0 => format!("{test} for {since}, and it recovers"),
            _ => format!("{test} for {since}, {failures} {times} in a row"),
        };
        if !self.cause.is_empty() {
            let _ = write!(sentence, ": {}", self.cause);
        }
        sentence
    }
}

impl ScheduleStanding {
    /// A schedule that has not run yet.
    #[must_use]
    pub fn new(selection: impl Into<String>, period: Duration) -> Self {
        Self {
            selection: selection.into(),
            period,
            newest: None,
            next: None,
        }
    }

    /// Sets after how long its next run begins.
    #[must_use]
    pub fn with_next(mut self, next: Duration) -> Self {
        self.next = Some(next);
        self
    }

    /// Sets its newest run, and how long ago that began.
    #[must_use]
    pub fn with_newest(mut self, run: impl Into<String>, verdict: Verdict, age: Duration) -> Self {
        let run = run.into();
        self.newest = Some(NewestRun { run, verdict, age });
        self
    }

    fn sentence(&self) -> String {
        let (selection, period) = (&self.selection, seconds(self.period));
        match &self.newest {
            None => format!("{selection} every {period}: no run has ended yet"),
            Some(newest) => format!(
                "{selection} every {period}: {} of {} ago, run {}",
                newest.verdict,
                seconds(newest.age),
                newest.run
            ),
        }
    }
}

/// The reason of a word, if it has one here.
fn known<'de, D: Deserializer<'de>>(word: D) -> Result<Option<Reason>, D::Error> {
    let word = Option::<String>::deserialize(word)?;
    Ok(word.and_then(|word| {
        let word = StrDeserializer::<de::value::Error>::new(&word);
        Reason::deserialize(word).ok()
    }))
}

/// Whole seconds; below one, milliseconds.
fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{}ms", time.as_millis()),
        seconds => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(status: Verdict) -> Standing {
        let test = |name: &str| {
            DownTest::new(name, Duration::from_secs(14), 4).with_cause("FAIL\nand PASS")
        };
        let mut standing = Standing::new("ready", status);
        standing.reason = Some(Reason::Degraded);
        standing.degraded = (0..20).map(|_| test("shop::PASS::FAIL")).collect();
        standing.down = vec![test("shop::disk")];
        standing.schedules = [Verdict::Pass, Verdict::Fail]
            .map(|verdict| {
                ScheduleStanding::new("fast", Duration::from_secs(30)).with_newest(
                    "7b24",
                    verdict,
                    Duration::from_secs(12),
                )
            })
            .into();
        standing.settings = vec!["SMOKE_SKIP".to_owned()];
        standing
    }

    #[test]
    fn a_text_tells_what_is_down_and_of_the_schedules() {
        let text = whole(Verdict::Pass).render(Format::Text);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[..3],
            [
                "PASS",
                "reason: degraded",
                r"down: shop::disk for 14s, 4 runs in a row: fail\nand PASS"
            ]
        );
        for line in [
            "degraded: and 12 more",
            "schedule: fast every 30s: PASS of 12s ago, run 7b24",
            "schedule: fast every 30s: fail of 12s ago, run 7b24",
            "set: SMOKE_SKIP",
        ] {
            assert!(lines.contains(&line), "{line}: {text}");
        }
    }

    #[test]
    fn a_word_of_a_newer_version_is_no_error() {
        for (word, reason) in [
            (r#""reason":"nothing","#, Some(Reason::Nothing)),
            (r#""reason":"moonstruck","#, None),
            (r#""reason":null,"#, None),
            ("", None),
        ] {
            let json = format!(r#"{{"status":"FAIL",{word}"probe":"status"}}"#);
            let standing: Standing = serde_json::from_str(&json).unwrap();
            assert_eq!((standing.status, standing.reason), (Verdict::Fail, reason));
        }
    }

    #[test]
    fn the_opposite_is_nowhere_and_a_text_is_short() {
        for status in [Verdict::Pass, Verdict::Fail] {
            for format in [Format::Text, Format::Json] {
                let body = whole(status).render(format);
                assert!(!body.contains(status.opposite().as_str()), "{body}");
                assert!(format == Format::Json || body.len() < LIMIT);
            }
        }
        let mut long = whole(Verdict::Fail);
        long.reasons = vec!["x".repeat(5000); 9];
        assert!(long.render(Format::Text).len() < LIMIT);
    }

    #[test]
    fn json_is_read_as_it_is_written() {
        let standing = whole(Verdict::Fail);
        let json = standing.render(Format::Json);
        assert_eq!(serde_json::from_str::<Standing>(&json).unwrap(), standing);
        let word = standing.in_a_word().render(Format::Json);
        assert_eq!(word, "{\"status\":\"FAIL\",\"probe\":\"ready\"}\n");
    }
}
