//! The answer as text: the lines that always stand, then a line for everything worth one.

use crate::{Outcome, Report, TestReport, line, millis};

/// A body stays under this many bytes: Consul keeps 4 KiB of it, and other probers little more.
const LIMIT: usize = 4096;

pub(crate) fn render(report: &Report) -> String {
    let mut body = header(report);
    let lines = lines(report);
    if !lines.is_empty() {
        body.push('\n');
        append(&mut body, &lines);
    }
    report.verdict().only_in_text(&body)
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

/// A line of the answer, with what was logged while the test ran that it is about.
struct Line {
    text: String,
    log: Vec<String>,
}

fn lines(report: &Report) -> Vec<Line> {
    let reasons = report.fail_reasons();
    let reasons = reasons.iter().map(|reason| Line {
        text: line::of(&format!("reason: {reason}")),
        log: Vec::new(),
    });
    let tests = [
        Outcome::Failed,
        Outcome::Errored,
        Outcome::Warned,
        Outcome::Skipped,
    ];
    let tests = tests
        .into_iter()
        .flat_map(|outcome| report.with_outcome(outcome))
        .map(|test| Line {
            text: line::of(&sentence(test)),
            log: test.log.iter().map(|said| logged(said)).collect(),
        });
    reasons.chain(tests).collect()
}

/// `name failed: message (caused by: nearest: next)`.
fn sentence(test: &TestReport) -> String {
    let has_message = test.message.as_ref().is_some_and(|said| !said.is_empty());
    let colon = if has_message { ": " } else { "" };
    format!("{} {}{colon}{}", test.name, test.outcome, test.cause())
}

/// A line of a log, which stands after the test's own.
fn logged(said: &str) -> String {
    line::of(&format!("    {said}"))
}

/// Adds the lines while they fit; where not all do, says how many were left out. What was logged has
/// the room that all of them leave.
fn append(body: &mut String, lines: &[Line]) {
    let texts = lines.iter().map(|line| &line.text);
    let room = LIMIT - 1 - body.len();
    let Some(mut spare) = room.checked_sub(size(texts.clone())) else {
        return fill(body, texts, room, |left_out| more(left_out, ""));
    };
    for line in lines {
        push(body, &line.text);
        let before = body.len();
        fill(body, line.log.iter(), spare, |left_out| {
            logged(&more(left_out, " were logged"))
        });
        spare -= body.len() - before;
    }
}

/// Adds lines as long as they fit that room. Where one does not, says how many were left out, if that
/// fits.
fn fill<'l>(
    body: &mut String,
    lines: impl ExactSizeIterator<Item = &'l String> + Clone,
    mut room: usize,
    rest: impl Fn(usize) -> String,
) {
    if size(lines.clone()) <= room {
        return lines.for_each(|line| push(body, line));
    }
    // Room for the line that counts what was left out, with any count.
    let Some(left) = room.checked_sub(rest(usize::MAX).len() + 1) else {
        return;
    };
    room = left;
    let mut left_out = lines.len();
    for line in lines {
        if line.len() + 1 > room {
            break;
        }
        room -= line.len() + 1;
        left_out -= 1;
        push(body, line);
    }
    push(body, &rest(left_out));
}

fn more(left_out: usize, what: &str) -> String {
    let noun = if left_out == 1 { "line" } else { "lines" };
    format!("... and {left_out} more {noun}{what}")
}

/// How much of a body these lines take.
fn size<'l>(lines: impl Iterator<Item = &'l String>) -> usize {
    lines.map(|line| line.len() + 1).sum()
}

fn push(body: &mut String, line: &str) {
    body.push_str(line);
    body.push('\n');
}
