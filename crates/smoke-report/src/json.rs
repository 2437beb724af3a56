//! The answer as JSON: one line, whose keys always come in the same order.

mod answer;
mod entries;

use crate::Report;

pub(crate) fn render(report: &Report) -> String {
    // Cannot fail: all keys are strings, all numbers finite, and nothing is written to but memory.
    let mut body = serde_json::to_string(report).expect("a report is always serializable");
    body.push('\n');
    report.verdict().only_in_json(&body)
}
