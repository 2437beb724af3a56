//! The probes as operators see them, and the schedules.

use maud::{Markup, html};
use smoke_report::{ScheduleStanding, Standing};

use super::view::View;
use super::words::{class, path, time, whole, word};

/// How many schedules are shown, and how many bytes of the page they take.
const SCHEDULES: (usize, usize) = (12, 2 * 1024);
/// How many bytes the notes of a probe take, of each kind.
const NOTES: usize = 2 * 1024;

/// The probes: in a word for a stranger.
pub(super) fn probes(view: &View) -> Markup {
    html! {
        section aria-labelledby="probes" {
            h2 #probes { "Probes" }
            ul .probes {
                @for standing in &view.standings { (probe(view, standing)) }
            }
        }
    }
}

pub(super) fn schedules(view: &View) -> Markup {
    let status = view.standings.last();
    let schedules = status.map_or(&[][..], |status| &status.schedules);
    let shown = view.first(SCHEDULES, schedules.iter().map(|one| schedule(view, one)));
    let hidden = schedules.len() - shown.len();
    html! {
        section aria-labelledby="schedules" {
            h2 #schedules { "Schedules" }
            @if schedules.is_empty() {
                p .note { "There is none: tests run when somebody asks for them." }
            }
            ul .schedules { @for one in shown { (one) } }
            @if hidden > 0 { p .note { "and " (hidden) " more" } }
        }
    }
}

fn probe(view: &View, standing: &Standing) -> Markup {
    html! {
        li .(class(standing.status)) {
            span .state { (word(standing.status)) }
            a .name href=(format!("{}{}", view.root, standing.probe)) { (standing.probe) }
            @if let Some(reason) = standing.reason { span .mark { (reason) } }
            (view.notes(NOTES, standing.reasons.iter().map(|reason| html! { (view.text(reason)) })))
            @if standing.probe == "ready" {
                @for (word, tests) in [("down", &standing.down), ("degraded", &standing.degraded)] {
                    (view.notes(NOTES, tests.iter().map(|test| html! {
                        (word) ": " (path(&view.line(&test.test))) " for " (time(test.since))
                    })))
                }
            }
        }
    }
}

fn schedule(view: &View, schedule: &ScheduleStanding) -> Markup {
    let newest = schedule.newest.as_ref();
    html! {
        li .(newest.map_or("unknown", |newest| class(newest.verdict))) {
            span .state {
                @match newest {
                    Some(newest) => (word(newest.verdict)),
                    None => "no run yet",
                }
            }
            span .name { (view.line(&schedule.selection)) " every " (time(schedule.period)) }
            span .note {
                @if let Some(newest) = newest { (whole(newest.age.as_secs())) " ago" }
                @if let Some(next) = schedule.next { ", next in " (whole(next.as_secs())) }
            }
        }
    }
}
