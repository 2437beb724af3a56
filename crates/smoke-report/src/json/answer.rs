//! The wire form of a report, and what must hold for an answer to be one.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::entries;
use crate::{Outcome, Report, TestReport, Verdict, millis, stamp};

#[derive(Serialize)]
struct Written<'a> {
    status: Verdict,
    test_classes: usize,
    tests_run: usize,
    tests_passed: usize,
    tests_failed: usize,
    tests_errored: usize,
    failed_tests: Vec<&'a str>,
    errored_tests: Vec<&'a str>,
    #[serde(with = "millis")]
    time: Duration,
    #[serde(skip_serializing_if = "Option::is_none", with = "stamp")]
    started: Option<SystemTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<u64>,
    tests_warned: usize,
    warned_tests: Vec<&'a str>,
    tests_skipped: usize,
    skipped_tests: Vec<&'a str>,
    reasons: Vec<String>,
    build: Option<&'a str>,
    instance: Option<&'a str>,
    run: &'a str,
    #[serde(serialize_with = "entries::serialize")]
    tests: &'a [TestReport],
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counts = self.counts();
        Written {
            status: self.verdict(),
            test_classes: counts.test_classes,
            tests_run: counts.run,
            tests_passed: counts.passed,
            tests_failed: counts.failed,
            tests_errored: counts.errored,
            failed_tests: self.failed_tests().collect(),
            errored_tests: self.errored_tests().collect(),
            time: self.duration,
            started: self.started.filter(|started| stamp::is_written(*started)),
            age: self.age.map(|age| age.as_secs()),
            tests_warned: counts.warned,
            warned_tests: self.warned_tests().collect(),
            tests_skipped: counts.skipped,
            skipped_tests: self.skipped_tests().collect(),
            reasons: self.fail_reasons(),
            build: self.build.as_deref(),
            instance: self.instance.as_deref(),
            run: &self.run,
            tests: &self.tests,
        }
        .serialize(serializer)
    }
}

/// The counts and names of what went well are not read: they follow from the tests.
#[derive(Deserialize)]
struct Read {
    status: Verdict,
    #[serde(default)]
    tests_failed: usize,
    #[serde(default)]
    tests_errored: usize,
    #[serde(default)]
    failed_tests: Vec<String>,
    #[serde(default)]
    errored_tests: Vec<String>,
    #[serde(default, with = "millis")]
    time: Duration,
    #[serde(default, with = "stamp")]
    started: Option<SystemTime>,
    #[serde(default)]
    age: Option<u64>,
    #[serde(default)]
    reasons: Vec<String>,
    #[serde(default)]
    build: Option<String>,
    #[serde(default)]
    instance: Option<String>,
    #[serde(default)]
    run: String,
    #[serde(default, deserialize_with = "entries::deserialize")]
    tests: Vec<TestReport>,
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let answer = Read::deserialize(deserializer)?;
        if answer.status.is_pass()
            && let Some(contradiction) = answer.against_pass()
        {
            return Err(de::Error::custom(format_args!(
                "the answer says PASS, but {contradiction}"
            )));
        }
        let status = answer.status;
        let mut report = Report {
            run: answer.run,
            build: answer.build,
            instance: answer.instance,
            started: answer.started,
            age: answer.age.map(Duration::from_secs),
            duration: answer.time,
            reasons: answer.reasons,
            tests: answer.tests,
        };
        // A FAIL that nothing explains is a FAIL all the same.
        if status != report.verdict() {
            report
                .reasons
                .push("the answer said FAIL without a reason".to_owned());
        }
        Ok(report)
    }
}

impl Read {
    /// What stands in the answer that no PASS can hold.
    fn against_pass(&self) -> Option<String> {
        let bad: Vec<&str> = self
            .tests
            .iter()
            .filter(|test| !test.outcome.is_good())
            .map(|test| test.name.as_str())
            .chain(self.failed_tests.iter().map(String::as_str))
            .chain(self.errored_tests.iter().map(String::as_str))
            .collect();
        if let Some(reason) = self.reasons.first() {
            Some(format!("gives a reason against it: {reason}"))
        } else if let Some(first) = bad.first() {
            Some(format!("says that {first} failed or errored"))
        } else if self.tests_failed > 0 || self.tests_errored > 0 {
            Some(format!(
                "counts {} failed and {} errored tests",
                self.tests_failed, self.tests_errored
            ))
        } else if !self
            .tests
            .iter()
            .any(|test| test.outcome == Outcome::Passed)
        {
            Some("lists no test that passed".to_owned())
        } else {
            None
        }
    }
}
