//! The tests, the most urgent first.

use maud::{Markup, html};
use smoke_report::{Outcome, TestReport};

use super::view::{Row, View};
use super::words::{path, time};
use super::{details, spark};

/// How many tests are shown, and of how many of them everything that is known, unless all is wanted.
const SHOWN: usize = 40;
const DETAILED: usize = 10;
/// Of how many the details are open: so many that what else failed is not far below.
const OPEN: usize = 3;
/// How many bytes of the page the details take.
const DETAILS: usize = 12 * 1024;

/// They take at most that many `bytes` of the page.
pub(super) fn section(view: &View, bytes: usize) -> Markup {
    let shown = shown(view, bytes);
    let hidden = view.rows.len() - shown.len();
    html! {
        section aria-labelledby="tests" {
            h2 #tests { "Tests" }
            @if view.rows.is_empty() {
                p .note {
                    @if view.is_trusted { "There are none." } @else { "None that you may see has run yet." }
                }
            }
            ol .tests { @for row in shown { (row) } }
            @if hidden > 0 {
                @if view.is_trusted {
                    p { a href=(view.way_to_all()) { "Show all " (view.rows.len()) " tests" } }
                } @else {
                    p .note { (hidden) " more are not shown." }
                }
            }
        }
    }
}

fn shown(view: &View, bytes: usize) -> Vec<Markup> {
    let mut room = view.room(DETAILS);
    let rows = view.rows.iter().enumerate().map(|(at, row)| {
        let failed = row.newest.as_deref().filter(|test| has_details(test));
        let details = failed
            .filter(|_| at < view.at_most(DETAILED))
            .map(|test| details::of(test, view, at < OPEN))
            .filter(|details| room.takes(details));
        of(row, view, details)
    });
    view.first((SHOWN, bytes), rows)
}

fn has_details(test: &TestReport) -> bool {
    test.message.is_some() && !matches!(test.outcome, Outcome::Passed | Outcome::Skipped)
}

/// One test, with its details as far as there is room for them.
fn of(row: &Row, view: &View, details: Option<Markup>) -> Markup {
    let newest = row.newest.as_deref();
    let word = newest.map_or("not run".to_owned(), |test| test.outcome.to_string());
    let class = newest.map_or("unknown".to_owned(), |test| test.outcome.to_string());
    html! {
        li .(class) data-test=(row.name) {
            span .state { (word) }
            span .name { (path(&view.line(&row.name))) }
            span .took {
                @if let Some(test) = newest.filter(|test| test.outcome.ran()) { (time(test.duration)) }
            }
            @if !row.marks.is_empty() {
                span .marks { @for mark in &row.marks { span .mark { (mark) } " " } }
            }
            @if !row.points.is_empty() { (spark::drawn(&row.points)) }
            @if let Some(description) = &row.description { p .note { (view.text(description)) } }
            @if let Some(test) = newest {
                @if let Some(message) = &test.message {
                    p .(if has_details(test) { "message" } else { "note" }) { (view.text(message)) }
                }
                @match details {
                    Some(details) => (details),
                    None => @if has_details(test) { p .note { a href=(view.way_to_all()) { "Details" } } },
                }
            }
        }
    }
}
