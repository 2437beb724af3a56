//! The runs: those that are under way, and the last ones.

use maud::{Markup, html};
use smoke_report::Counts;

use super::view::View;
use super::words::{ago, class, time, word};
use crate::history::{Begun, Past};

/// How many are shown, and how many bytes of the page they take.
const RUNNING: (usize, usize) = (10, 2 * 1024);
const ENDED: (usize, usize) = (12, 5 * 1024);
/// How many bytes the reasons of one take.
const REASONS: usize = 2 * 1024;

/// What runs now. The script adds the tests, one by one.
pub(super) fn under_way(view: &View) -> Markup {
    let begun = view.known.under_way.iter();
    let shown = view.first(RUNNING, begun.map(|begun| running(view, begun)));
    let more = view.known.under_way.len() - shown.len();
    html! {
        section #now aria-labelledby="running" hidden[view.known.under_way.is_empty()] {
            h2 #running { "Running now" }
            ul .running { @for begun in shown { (begun) } }
            @if more > 0 { p .note { "and " (more) " more" } }
        }
    }
}

fn running(view: &View, begun: &Begun) -> Markup {
    html! {
        li data-run=(begun.run) {
            (view.line(&begun.selection)) ", began " (ago(begun.started, view.now)) ", asked for by " bdi { (view.line(&begun.asked_by)) }
        }
    }
}

/// The last ones, the newest first.
pub(super) fn section(view: &View) -> Markup {
    let runs = &view.known.runs;
    let newest = runs.iter().rev();
    let shown = view.first(ENDED, newest.map(|past| ended(view, past)));
    let hidden = runs.len() - shown.len();
    html! {
        section aria-labelledby="runs" {
            h2 #runs { "Runs" }
            @if runs.is_empty() { p .note { "None has ended yet." } }
            ol .runs { @for past in shown { (past) } }
            @if hidden > 0 {
                p { a href=(view.way_to_all()) { "Show all " (runs.len()) " runs" } }
            }
        }
    }
}

fn ended(view: &View, past: &Past) -> Markup {
    let begun = &past.begun;
    html! {
        li .(class(past.verdict)) {
            span .state { (word(past.verdict)) }
            span .name { (view.line(&begun.selection)) }
            span .took { (time(past.duration)) }
            span .note {
                (ago(begun.started, view.now)) ", " (counted(&past.counts)) ", asked for by " bdi { (view.line(&begun.asked_by)) }
            }
            (view.notes(REASONS, past.reasons.iter().map(|reason| html! { (view.text(reason)) })))
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
