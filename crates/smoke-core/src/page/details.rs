//! Everything that is known of a test that did not pass.

use maud::{Markup, html};
use smoke_report::{RequestMade, TestReport};

use super::view::View;
use super::words::time;

/// How many causes, requests and last lines of the log are shown, and how many bytes of the page they take.
const CAUSES: (usize, usize) = (5, 2 * 1024);
const REQUESTS: (usize, usize) = (10, 5 * 512);
const LINES: (usize, usize) = (20, 4 * 1024);

/// Open or closed, as far as there is room for it.
pub(super) fn of(test: &TestReport, view: &View, is_open: bool) -> Markup {
    let causes = test.causes.iter();
    let causes = view.first(
        CAUSES,
        causes.map(|cause| html! { li { (view.text(cause)) } }),
    );
    let requests = test.requests.iter();
    let requests = view.first(REQUESTS, requests.map(|made| request(made, view)));
    let newest = test.log.iter().rev();
    let mut log = view.first(LINES, newest.map(|line| html! { (view.line(line)) "\n" }));
    log.reverse();
    let more_causes = test.causes.len() - causes.len();
    let more_requests = test.requests.len() - requests.len();
    let earlier = test.log.len() - log.len();
    let mut texts = test.message.iter().chain(&test.causes);
    let paths = test.requests.iter().map(|request| &request.path);
    let is_whole = more_causes + more_requests + earlier == 0
        && texts.all(|text| view.text(text) == *text)
        && test
            .log
            .iter()
            .chain(paths)
            .all(|line| view.line(line) == *line);
    html! {
        details open[is_open] {
            summary { "Details" }
            @if !causes.is_empty() {
                h3 { "Caused by" }
                ol .causes { @for cause in causes { (cause) } }
                @if more_causes > 0 { p .note { "and " (more_causes) " more" } }
            }
            @if let Some(place) = &test.place { p .note { "at " code { (place) } } }
            @if !requests.is_empty() {
                h3 { "Requests" }
                ul .requests { @for request in requests { (request) } }
                @if more_requests > 0 { p .note { "and " (more_requests) " more" } }
            }
            @if !log.is_empty() {
                h3 { "Log" }
                @if earlier > 0 { p .note { (earlier) " earlier lines" } }
                pre tabindex="0" { @for line in log { (line) } }
            }
            @if !is_whole {
                p .note { "Not all of it: " a href=(view.way_to_all()) { "all is here" } ", and in the JSON of a run." }
            }
        }
    }
}

fn request(request: &RequestMade, view: &View) -> Markup {
    html! {
        li {
            code { (view.line(&request.method)) " " (view.line(&request.path)) } " "
            @match request.status {
                Some(status) => { (status) " in " (time(request.duration)) }
                None => "no answer",
            }
        }
    }
}
