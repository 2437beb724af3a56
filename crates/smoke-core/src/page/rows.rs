//! The tests, the most urgent first.

use maud::{Markup, html};
use smoke_report::{Outcome, TestReport};

use super::spark;
use super::view::{Row, View};
use super::words::{path, time};

/// How many tests are shown, and of how many of them everything that is known, unless all is wanted: the
/// page stays small for whoever looks at it every minute.
const SHOWN: usize = 40;
const DETAILED: usize = 10;
/// Of how many the details are open: so many that what else failed is not far below.
const OPEN: usize = 3;
/// How many lines of a log are shown.
const LINES: usize = 20;

pub(super) fn section(view: &View) -> Markup {
    let (shown, detailed) = match view.all {
        true => (usize::MAX, usize::MAX),
        false => (SHOWN, DETAILED),
    };
    let hidden = view.rows.len().saturating_sub(shown);
    html! {
        section aria-labelledby="tests" {
            h2 #tests { "Tests" }
            @if view.rows.is_empty() {
                p .note {
                    @if view.is_trusted { "There are none." } @else { "None that you may see has run yet." }
                }
            }
            ol .tests {
                @for (at, row) in view.rows.iter().enumerate().take(shown) {
                    (of(row, (at < detailed).then_some(Details { all: view.all, open: at < OPEN })))
                }
            }
            @if hidden > 0 && view.is_trusted {
                p { a href=(format!("{}page?all", view.root)) { "Show all " (view.rows.len()) " tests" } }
            } @else if hidden > 0 {
                p .note { (hidden) " more are not shown." }
            }
        }
    }
}

/// How the details of a test are shown.
#[derive(Clone, Copy)]
struct Details {
    /// The whole log.
    all: bool,
    open: bool,
}

/// One test, with its details where there are any and they are to be shown.
fn of(row: &Row, details: Option<Details>) -> Markup {
    let newest = row.newest.as_deref();
    let word = newest.map_or("not run".to_owned(), |test| test.outcome.to_string());
    let class = newest.map_or("unknown".to_owned(), |test| test.outcome.to_string());
    html! {
        li .(class) data-test=(row.name) {
            span .state { (word) }
            span .name { (path(&row.name)) }
            span .took {
                @if let Some(test) = newest.filter(|test| test.outcome.ran()) { (time(test.duration)) }
            }
            span .marks {
                @for mark in &row.marks { span .mark { (mark) } " " }
            }
            @if !row.points.is_empty() { (spark::drawn(&row.points)) }
            @if let Some(description) = &row.description { p .note { (description) } }
            @if let Some(test) = newest { (message(test, details)) }
        }
    }
}

fn message(test: &TestReport, details: Option<Details>) -> Markup {
    let Some(message) = &test.message else {
        return html! {};
    };
    if test.outcome == Outcome::Passed || test.outcome == Outcome::Skipped {
        return html! { p .note { (message) } };
    }
    let Some(Details { all, open }) = details else {
        return html! { p .message { (message) } };
    };
    let cut = if all {
        0
    } else {
        test.log.len().saturating_sub(LINES)
    };
    html! {
        p .message { (message) }
        details open[open] {
            summary { "Details" }
            @if !test.causes.is_empty() {
                h3 { "Caused by" }
                ol .causes { @for cause in &test.causes { li { (cause) } } }
            }
            @if let Some(place) = &test.place { p .note { "at " code { (place) } } }
            @if !test.requests.is_empty() {
                h3 { "Requests" }
                ul .requests {
                    @for request in &test.requests {
                        li {
                            code { (request.method) " " (request.path) } " "
                            @match request.status {
                                Some(status) => { (status) " in " (time(request.duration)) }
                                None => "no answer",
                            }
                        }
                    }
                }
            }
            @if !test.log.is_empty() {
                h3 { "Log" }
                @if cut > 0 { p .note { (cut) " earlier lines" } }
                pre tabindex="0" { @for line in &test.log[cut..] { (line) "\n" } }
            }
        }
    }
}
