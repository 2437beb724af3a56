//! The report as JUnit XML.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use quick_junit::{
    NonSuccessKind, Report as Junit, SerializeError, TestCase, TestCaseStatus, TestSuite,
};
use smoke_report::{Outcome, Report, TestReport};

use crate::show::{logged, requests, why};

/// What the run is called, beside the test classes.
const RUN: &str = "smoke";

/// A suite for each test class, by the schema that Jenkins uses (`junit-10.xsd` of its xunit plugin).
///
/// Why the run is a FAIL whatever its tests found is an error of a case of its own, for readers that
/// look at nothing else.
pub(crate) fn render(report: &Report, started: SystemTime) -> Result<String, SerializeError> {
    let mut suites = vec![of_the_run(report, started)];
    for tests in by_class(report) {
        let mut suite = TestSuite::new(tests[0].class.as_str());
        suite.set_time(tests.iter().map(|test| test.duration).sum());
        suite.add_test_cases(tests.into_iter().map(case));
        suites.push(suite);
    }
    document(RUN, report.duration, suites)
}

/// The suites as a document. The name has no quotes.
pub(crate) fn document(
    name: &str,
    time: Duration,
    suites: Vec<TestSuite>,
) -> Result<String, SerializeError> {
    let mut junit = Junit::new(name);
    junit.set_time(time);
    junit.add_test_suites(suites);
    let skipped = format!(" skipped=\"{}\"", junit.skipped);
    // The schema has it in the suites alone. The first one is the root's.
    Ok(junit.to_string()?.replacen(&skipped, "", 1))
}

/// None for a moment that no calendar has.
pub(crate) fn timestamp(time: SystemTime) -> Option<DateTime<Utc>> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    DateTime::from_timestamp(since.as_secs().try_into().ok()?, since.subsec_nanos())
}

fn by_class(report: &Report) -> Vec<Vec<&TestReport>> {
    let mut classes: Vec<Vec<&TestReport>> = Vec::new();
    for test in &report.tests {
        match classes
            .iter_mut()
            .find(|tests| tests[0].class == test.class)
        {
            Some(tests) => tests.push(test),
            None => classes.push(vec![test]),
        }
    }
    classes
}

fn of_the_run(report: &Report, started: SystemTime) -> TestSuite {
    let mut suite = TestSuite::new(RUN);
    suite.set_time(report.duration);
    if let Some(started) = timestamp(started) {
        suite.set_timestamp(started);
    }
    let known = [
        ("build", report.build.as_deref()),
        ("instance", report.instance.as_deref()),
        ("run", Some(report.run.as_str())),
    ];
    for (what, value) in known {
        suite.add_properties(value.map(|value| (what, value)));
    }
    let reasons = report.fail_reasons();
    let status = if let Some(first) = reasons.first() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(first.as_str()).set_type("run");
        status.set_description(reasons.join("\n"));
        status
    } else {
        TestCaseStatus::success()
    };
    let mut case = TestCase::new("the run gave a verdict", status);
    case.set_classname(RUN);
    suite.add_test_case(case);
    suite
}

/// The case of a test.
pub(crate) fn case(test: &TestReport) -> TestCase {
    let class = test.class.as_str();
    let name = test
        .name
        .strip_prefix(class)
        .and_then(|name| name.strip_prefix("::"));
    let mut case = TestCase::new(name.unwrap_or(&test.name), status(test));
    case.set_classname(class).set_time(test.duration);
    let group = ("group".into(), test.kind.to_string().into());
    case.extra.extend([group]);
    let requests: Vec<_> = requests(test).collect();
    if !requests.is_empty() {
        case.set_system_out(requests.join("\n"));
    }
    let log: Vec<_> = logged(test).collect();
    if !log.is_empty() {
        case.set_system_err(log.join("\n"));
    }
    case
}

fn status(test: &TestReport) -> TestCaseStatus {
    let mut status = match test.outcome {
        Outcome::Passed => return TestCaseStatus::success(),
        Outcome::Skipped => TestCaseStatus::skipped(),
        // JUnit knows no warnings: it is shown, and breaks nothing.
        Outcome::Warned => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("warned: {}", why(test).join("; ")));
            return status;
        }
        Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        // What this version does not know is no success.
        _ => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    if let Some(message) = &test.message {
        status.set_message(message.as_str());
    }
    if test.outcome != Outcome::Skipped {
        status.set_type(test.outcome.to_string());
        status.set_description(why(test).join("\n"));
    }
    status
}
