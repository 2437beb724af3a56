//! What is said to one who follows, as server-sent events have it.

use serde_json::{Map, Value, json};
use smoke_report::{Report, TestReport};

use crate::run::Event;

/// One message. It is made into text where it is read: a run is held up by none.
#[derive(Debug)]
pub(super) enum Message {
    /// From now on what happens is told.
    Opened,
    Happened(Event),
    /// So many events were lost: the coordinator or the reader was behind.
    Missed(u64),
    /// Nothing has happened.
    Beat,
    /// The last one, and why.
    Closed(&'static str),
}

impl Message {
    pub(super) fn text(&self) -> String {
        match self {
            // A browser that loses the connection asks again after as many milliseconds.
            Self::Opened => "retry: 3000\n\n".to_owned(),
            Self::Beat => ":\n\n".to_owned(),
            Self::Happened(event) => happened(event),
            Self::Missed(events) => named("missed", &json!({ "events": events })),
            Self::Closed(why) => named("closed", &json!({ "reason": why })),
        }
    }
}

fn named(event: &str, data: &Value) -> String {
    // JSON has no line break but escaped ones.
    format!("event: {event}\ndata: {data}\n\n")
}

fn happened(event: &Event) -> String {
    match event {
        Event::RunStarted {
            run,
            selection,
            tests,
        } => named(
            "run_started",
            &json!({ "run": **run, "selection": selection.to_string(), "tests": tests }),
        ),
        Event::TestStarted { run, test } => {
            named("test_started", &json!({ "run": **run, "test": **test }))
        }
        Event::TestFinished { run, test } => named(
            "test_finished",
            &json!({ "run": **run, "tests": entries(test) }),
        ),
        Event::RunFinished { report } => named("run_finished", &Value::Object(summary(report))),
    }
}

/// The test as the answer to a run has it.
fn entries(test: &TestReport) -> Value {
    let mut answer = answer(Report::new("").with_tests([test.clone()]));
    answer.remove("tests").unwrap_or_default()
}

/// The answer to the run, without its tests: each of them was told.
fn summary(report: &Report) -> Map<String, Value> {
    let tests = report
        .tests
        .iter()
        .map(|test| test.clone().with_log([""; 0]));
    let mut short = Report::clone(report);
    short.tests = tests.collect();
    let mut answer = answer(short);
    answer.remove("tests");
    answer
}

fn answer(report: Report) -> Map<String, Value> {
    match serde_json::to_value(report) {
        Ok(Value::Object(answer)) => answer,
        _ => Map::new(),
    }
}
