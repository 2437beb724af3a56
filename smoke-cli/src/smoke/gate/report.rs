//! The report of the gate in each of the forms.

use std::io;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;
use smoke_report::{TestReport, Verdict};

use super::machine::Machine;
use super::odd::Remarks;
use super::outcome::Outcome;
use super::standing::{Standing, State};
use super::table;
use crate::exit::Exit;
use crate::junit;
use crate::output::Format;
use crate::paint::Paint;
use crate::plain::one_line;
use crate::show::{seconds, why};

/// What the gate is called, beside the replicas.
const GATE: &str = "smoke gate";

/// The report in that form.
pub(crate) fn render(machine: &Machine, outcome: &Outcome, format: Format) -> io::Result<String> {
    match format {
        Format::Human => Ok(human(machine, outcome, Paint::of(&io::stdout()))),
        Format::Text => Ok(text(machine, outcome)),
        Format::Json => json(machine, outcome),
        Format::Junit => xml(machine, outcome),
    }
}

/// There is no third verdict: where nobody could say, it is a FAIL, and the exit code says which.
fn verdict(outcome: &Outcome) -> Verdict {
    match outcome.exit {
        Exit::Pass => Verdict::Pass,
        _ => Verdict::Fail,
    }
}

/// The table, what failed and why, and the verdict at the end.
fn human(machine: &Machine, outcome: &Outcome, paint: Paint) -> String {
    let width = terminal_size::terminal_size_of(io::stdout());
    let columns = width.map_or(usize::MAX, |(width, _)| width.0.into());
    let rows = table::rows(machine, &outcome.odd);
    let mut shown = String::new();
    for line in table::lines(&rows, paint, columns) {
        shown += &format!("{line}\n");
    }
    for standing in &machine.standings {
        for test in &standing.bad {
            let word = paint.outcome(test.outcome, test.outcome);
            let name = paint.strong(one_line(&test.name));
            let at = one_line(&standing.replica.name);
            shown += &format!("\n{word} {name} {}\n", paint.faint(format!("at {at}")));
            for line in why(test) {
                shown += &format!("  {line}\n");
            }
        }
    }
    if !shown.is_empty() {
        shown += "\n";
    }
    for reason in &outcome.reasons {
        shown += &format!("reason: {}\n", one_line(reason));
    }
    let verdict = paint.verdict(verdict(outcome));
    shown + &format!("{verdict} {}\n", summary(machine, outcome))
}

fn summary(machine: &Machine, outcome: &Outcome) -> String {
    let passed = |one: &&Standing| one.state == State::Passed;
    let rounds = if machine.rounds == 1 {
        "round"
    } else {
        "rounds"
    };
    format!(
        "{} of {} passed, build {}, {} {rounds} in {}",
        machine.standings.iter().filter(passed).count(),
        machine.standings.len(),
        one_line(&machine.terms.build),
        machine.rounds,
        seconds(outcome.took)
    )
}

/// The verdict on the first line, and its opposite nowhere.
fn text(machine: &Machine, outcome: &Outcome) -> String {
    let verdict = verdict(outcome);
    let mut text = format!("{}\n", summary(machine, outcome));
    for reason in &outcome.reasons {
        text += &format!("reason: {}\n", one_line(reason));
    }
    text += "\n";
    for (standing, odd) in machine.standings.iter().zip(&outcome.odd) {
        let identity = &standing.identity;
        let known = [("instance", &identity.instance), ("build", &identity.build)];
        let known =
            known.map(|(what, id)| id.as_ref().map(|id| format!(" {what} {}", one_line(id))));
        let known: String = known.into_iter().flatten().collect();
        let said = [table::said(standing), odd.clone()].concat().join("; ");
        let name = one_line(&standing.replica.name);
        text += &format!(
            "{} {name}{known}: {}\n",
            table::word(&standing.state),
            one_line(&said)
        );
        for test in &standing.bad {
            let said = why(test).join("; ");
            let said = one_line(&said);
            text += &format!("    {} {}: {said}\n", one_line(&test.name), test.outcome);
        }
    }
    format!("{verdict}\n{}", verdict.only_in_text(&text))
}

#[derive(Serialize)]
struct Written<'o> {
    status: Verdict,
    reasons: &'o [String],
    build: &'o str,
    expected_replicas: usize,
    replicas: Vec<WrittenReplica<'o>>,
    rounds: u64,
    time: f64,
}

#[derive(Serialize)]
struct WrittenReplica<'o> {
    name: &'o str,
    state: &'static str,
    said: String,
    odd: &'o Remarks,
    build: Option<&'o str>,
    instance: Option<&'o str>,
    tests_run: usize,
    time: f64,
    failed: Vec<WrittenTest<'o>>,
}

#[derive(Serialize)]
struct WrittenTest<'o> {
    name: &'o str,
    outcome: smoke_report::Outcome,
    cause: String,
    place: Option<String>,
}

fn json(machine: &Machine, outcome: &Outcome) -> io::Result<String> {
    let pairs = machine.standings.iter().zip(&outcome.odd);
    let replicas = pairs.map(|(standing, odd)| WrittenReplica {
        name: &standing.replica.name,
        state: table::word(&standing.state),
        said: table::said(standing).join("; "),
        odd,
        build: standing.identity.build.as_deref(),
        instance: standing.identity.instance.as_deref(),
        tests_run: standing.count,
        time: standing.took.as_secs_f64() * 1e3,
        failed: standing.bad.iter().map(written).collect(),
    });
    let written = Written {
        status: verdict(outcome),
        reasons: &outcome.reasons,
        build: &machine.terms.build,
        expected_replicas: machine.terms.at_least,
        replicas: replicas.collect(),
        rounds: machine.rounds,
        time: outcome.took.as_secs_f64() * 1e3,
    };
    let json = serde_json::to_string(&written).map_err(io::Error::other)?;
    Ok(written.status.only_in_json(&json) + "\n")
}

fn written(test: &TestReport) -> WrittenTest<'_> {
    WrittenTest {
        name: &test.name,
        outcome: test.outcome,
        cause: test.cause(),
        place: test.place.as_ref().map(ToString::to_string),
    }
}

/// A suite for each replica.
fn xml(machine: &Machine, outcome: &Outcome) -> io::Result<String> {
    let mut own = TestSuite::new(GATE);
    own.set_time(outcome.took);
    if let Some(started) = junit::timestamp(outcome.started) {
        own.set_timestamp(started);
    }
    own.add_property(("build", machine.terms.build.as_str()));
    own.add_test_case(answered(
        GATE,
        "the gate opens",
        outcome.reasons.first().map(|first| {
            let kind = match outcome.exit {
                Exit::Fail => NonSuccessKind::Failure,
                _ => NonSuccessKind::Error,
            };
            (kind, first.clone(), outcome.reasons.join("\n"))
        }),
    ));
    let replicas = machine.standings.iter().zip(&outcome.odd);
    let suites = replicas.map(|(standing, odd)| suite(standing, odd));
    let suites = std::iter::once(own).chain(suites).collect();
    junit::document(GATE, outcome.took, suites).map_err(io::Error::other)
}

fn suite(standing: &Standing, odd: &Remarks) -> TestSuite {
    let name = standing.replica.name.as_str();
    let mut suite = TestSuite::new(name);
    suite.set_time(standing.took);
    let identity = &standing.identity;
    for (what, id) in [("build", &identity.build), ("instance", &identity.instance)] {
        suite.add_properties(id.as_deref().map(|id| (what, id)));
    }
    let said = [
        vec![table::word(&standing.state).to_owned()],
        table::said(standing),
        odd.clone(),
    ]
    .concat();
    let against = match standing.state {
        State::Passed => None,
        State::Failed | State::Other => Some(NonSuccessKind::Failure),
        _ => Some(NonSuccessKind::Error),
    };
    let against = against.map(|kind| (kind, said.join("; "), said.join("\n")));
    suite.add_test_case(answered(name, "the replica is well", against));
    suite.add_test_cases(standing.bad.iter().map(junit::case));
    suite
}

fn answered(
    class: &str,
    name: &str,
    against: Option<(NonSuccessKind, String, String)>,
) -> TestCase {
    let status = match against {
        None => TestCaseStatus::success(),
        Some((kind, first, all)) => {
            let mut status = TestCaseStatus::non_success(kind);
            status
                .set_message(first)
                .set_type("gate")
                .set_description(all);
            status
        }
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}
