//! The answer as text: the lines that always stand, then a line for everything worth one.

use crate::{Outcome, Report, TestReport, line, millis, opposite};

/// A body stays under this many bytes: Consul keeps 4 KiB of it, and other probers little more.
const LIMIT: usize = 4096;

/// Room for the line that counts what was left out, with any count.
const REST: usize = "... and 18446744073709551615 more lines\n".len();

pub(crate) fn render(report: &Report) -> String {
    let mut body = header(report);
    let lines = lines(report);
    if !lines.is_empty() {
        body.push('\n');
        append(&mut body, &lines);
    }
    opposite::lower(&body, report.verdict())
}

fn header(report: &Report) -> String {
    let counts = report.counts();
    let mut header = format!(
        "{}\ntest classes: {}\ntests run: {}\ntests passed: {}\ntests failed: {}\ntests errored: {}\n",
        report.verdict(),
        counts.test_classes,
        counts.run,
        counts.passed,
        counts.failed,
        counts.errored,
    );
    if counts.warned > 0 {
        header.push_str(&format!("tests warned: {}\n", counts.warned));
    }
    if counts.skipped > 0 {
        header.push_str(&format!("tests skipped: {}\n", counts.skipped));
    }
    header.push_str(&format!("time: {}\n", millis::text(report.duration)));
    header
}

fn lines(report: &Report) -> Vec<String> {
    let reasons = report.fail_reasons();
    let reasons = reasons
        .iter()
        .map(|reason| line::of(&format!("reason: {reason}")));
    let tests = [
        Outcome::Failed,
        Outcome::Errored,
        Outcome::Warned,
        Outcome::Skipped,
    ];
    let tests = tests
        .into_iter()
        .flat_map(|outcome| report.with_outcome(outcome))
        .map(|test| line::of(&sentence(test)));
    reasons.chain(tests).collect()
}

/// `name failed: message (caused by: nearest: next)`.
fn sentence(test: &TestReport) -> String {
    let has_message = test.message.as_ref().is_some_and(|said| !said.is_empty());
    let colon = if has_message { ": " } else { "" };
    format!("{} {}{colon}{}", test.name, test.outcome, test.cause())
}

/// Adds the lines while they fit; where not all do, says how many were left out.
fn append(body: &mut String, lines: &[String]) {
    let all: usize = lines.iter().map(|line| line.len() + 1).sum();
    let room = LIMIT - 1 - body.len();
    if all <= room {
        for line in lines {
            push(body, line);
        }
        return;
    }
    let mut room = room - REST;
    let mut left_out = lines.len();
    for line in lines {
        if line.len() + 1 > room {
            break;
        }
        room -= line.len() + 1;
        left_out -= 1;
        push(body, line);
    }
    let noun = if left_out == 1 { "line" } else { "lines" };
    push(body, &format!("... and {left_out} more {noun}"));
}

fn push(body: &mut String, line: &str) {
    body.push_str(line);
    body.push('\n');
}
