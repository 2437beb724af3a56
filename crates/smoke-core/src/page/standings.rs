//! The probes as operators see them, and the schedules.

use maud::{Markup, html};
use smoke_report::{ScheduleStanding, Standing};

use super::view::View;
use super::words::{class, path, time, whole, word};

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
    let schedules = view.standings.last().map(|status| &status.schedules);
    html! {
        section aria-labelledby="schedules" {
            h2 #schedules { "Schedules" }
            @match schedules.filter(|schedules| !schedules.is_empty()) {
                Some(schedules) => ul .schedules { @for one in schedules { (schedule(one)) } },
                None => p .note { "There is none: tests run when somebody asks for them." },
            }
        }
    }
}

fn probe(view: &View, standing: &Standing) -> Markup {
    html! {
        li .(class(standing.status)) {
            span .state { (word(standing.status)) }
            a .name href=(format!("{}{}", view.root, standing.probe)) { (standing.probe) }
            @if let Some(reason) = standing.reason { span .mark { (reason) } }
            @for reason in &standing.reasons { p .note { (reason) } }
            @if standing.probe == "ready" {
                @for (word, tests) in [("down", &standing.down), ("degraded", &standing.degraded)] {
                    @for test in tests {
                        p .note { (word) ": " (path(&test.test)) " for " (time(test.since)) }
                    }
                }
            }
        }
    }
}

fn schedule(schedule: &ScheduleStanding) -> Markup {
    let newest = schedule.newest.as_ref();
    html! {
        li .(newest.map_or("unknown", |newest| class(newest.verdict))) {
            span .state {
                @match newest {
                    Some(newest) => (word(newest.verdict)),
                    None => "no run yet",
                }
            }
            span .name { (schedule.selection) " every " (time(schedule.period)) }
            span .note {
                @if let Some(newest) = newest { (whole(newest.age.as_secs())) " ago" }
                @if let Some(next) = schedule.next { ", next in " (whole(next.as_secs())) }
            }
        }
    }
}
