//! The runs: those that are under way, and the last ones.

use maud::{Markup, html};
use smoke_report::Counts;

use super::view::View;
use super::words::{ago, class, time, word};
use crate::history::{Begun, Past};

/// How many are shown unless all are wanted.
const SHOWN: usize = 12;

/// What runs now. The script adds the tests, one by one.
pub(super) fn under_way(view: &View) -> Markup {
    html! {
        section #now aria-labelledby="running" hidden[view.known.under_way.is_empty()] {
            h2 #running { "Running now" }
            ul .running {
                @for begun in &view.known.under_way { (running(view, begun)) }
            }
        }
    }
}

fn running(view: &View, begun: &Begun) -> Markup {
    html! {
        li data-run=(begun.run) {
            (begun.selection) ", began " (ago(begun.started, view.now)) ", asked for by " bdi { (begun.asked_by) }
        }
    }
}

/// The last ones, the newest first.
pub(super) fn section(view: &View) -> Markup {
    let shown = if view.all { usize::MAX } else { SHOWN };
    let runs = &view.known.runs;
    html! {
        section aria-labelledby="runs" {
            h2 #runs { "Runs" }
            @if runs.is_empty() { p .note { "None has ended yet." } }
            ol .runs {
                @for past in runs.iter().rev().take(shown) { (ended(view, past)) }
            }
            @if runs.len() > shown {
                p { a href=(format!("{}page?all", view.root)) { "Show all " (runs.len()) " runs" } }
            }
        }
    }
}

fn ended(view: &View, past: &Past) -> Markup {
    let begun = &past.begun;
    html! {
        li .(class(past.verdict)) {
            span .state { (word(past.verdict)) }
            span .name { (begun.selection) }
            span .took { (time(past.duration)) }
            span .note {
                (ago(begun.started, view.now)) ", " (counted(&past.counts)) ", asked for by " bdi { (begun.asked_by) }
            }
            @for reason in &past.reasons { p .note { (reason) } }
        }
    }
}

fn counted(counts: &Counts) -> String {
    let all = [
        (counts.passed, "passed"),
        (counts.failed, "failed"),
        (counts.errored, "errored"),
        (counts.warned, "warned"),
        (counts.skipped, "skipped"),
    ];
    let some = all.iter().filter(|(count, _)| *count > 0);
    let some: Vec<_> = some
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match some.is_empty() {
        true => "no test".to_owned(),
        false => some.join(", "),
    }
}
