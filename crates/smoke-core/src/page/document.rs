//! The whole document.

use maud::{DOCTYPE, Markup, html};
use smoke_report::Verdict;

use super::room::size;
use super::view::View;
use super::words::{ago, class};
use super::{ICON, SCRIPT, STYLE, rows, runs, standings};

/// How many bytes a browser loads, unless all is wanted; and what is left of them for what may become long.
const MOST: usize = 60 * 1024;
const ROOM: usize = MOST - STYLE.len() - SCRIPT.len() - ICON.len() - 3 * 1024;
/// How many bytes of the page the reasons of the verdict take.
const REASONS: usize = 2 * 1024;
/// Changes with each release, so that no browser keeps an older script for a newer page.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The page, and the verdict that it tells: a FAIL where nothing has been found.
pub(crate) fn render(view: &View) -> (String, Verdict) {
    let verdict = view.headline.verdict.unwrap_or(Verdict::Fail);
    let page = verdict.only_in_html(&document(view).into_string());
    (page, verdict)
}

fn document(view: &View) -> Markup {
    let (identity, top) = (identity(view), top(view));
    let (under_way, probes) = (runs::under_way(view), standings::probes(view));
    let (schedules, runs) = match view.is_trusted {
        true => (standings::schedules(view), runs::section(view)),
        false => Default::default(),
    };
    // The tests take what the others leave.
    let others = [&identity, &top, &under_way, &probes, &schedules, &runs];
    let others: usize = others.map(size).iter().sum();
    let tests = rows::section(view, ROOM.saturating_sub(others));
    let verdict = view.headline.verdict;
    let word = verdict.map_or("no run yet", Verdict::as_str);
    let part = |name: &str| format!("{}page/{name}?v={VERSION}", view.root);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title {
                    (word) " - smoke tests"
                    @if let Some(instance) = &view.instance { " of " (view.line(instance)) }
                }
                link rel="stylesheet" href=(part("style.css"));
                link rel="icon" href=(part("icon.svg")) type="image/svg+xml";
                script src=(part("script.js")) defer {}
            }
            body data-events=[view.is_trusted.then(|| format!("{}events", view.root))] data-page=(format!("{}page", view.root)) {
                header {
                    h1 { "Smoke tests" }
                    (identity)
                }
                p #problem role="alert" hidden {}
                main {
                    (top)
                    (buttons(view))
                    (under_way)
                    (tests)
                    (probes)
                    (schedules)
                    (runs)
                }
                // It stays when the rest is replaced, so that it is read out. So does the one above, which is seen.
                p #announced role="status" aria-live="polite" {}
            }
        }
    }
}

fn identity(view: &View) -> Markup {
    html! {
        dl .identity {
            @for (what, id) in [("build", &view.build), ("instance", &view.instance)] {
                @if let Some(id) = id {
                    div { dt { (what) } dd { bdi { (view.line(id)) } } }
                }
            }
            @if !view.settings.is_empty() {
                div { dt { "set" } dd { (view.settings.join(", ")) } }
            }
        }
    }
}

fn top(view: &View) -> Markup {
    let headline = &view.headline;
    let class = headline.verdict.map_or("unknown", class);
    html! {
        section #verdict .verdict .(class) aria-label="Verdict" {
            p .word {
                @match headline.verdict {
                    Some(verdict) => {
                        strong { (verdict) } " "
                        span {
                            (headline.of)
                            @if let Some(started) = headline.started { ", " (ago(started, view.now)) }
                        }
                    }
                    None => strong { (headline.of) }
                }
            }
            (view.notes(REASONS, headline.reasons.iter().map(|reason| html! { (view.text(reason)) })))
        }
    }
}

/// A run is asked for by whoever may: a stranger by a link, since a new run needs the token.
fn buttons(view: &View) -> Markup {
    let action = |run: &str| format!("{}page?run={run}", view.root);
    html! {
        div .buttons {
            @if view.is_trusted {
                @for (run, name) in [("fast", "Run the fast tests"), ("slow", "Run all tests, slow ones too")] {
                    form method="post" action=(action(run)) {
                        button type="submit" disabled[view.off.is_some()] { (name) }
                    }
                }
            } @else {
                a .button href=(format!("{}?format=html", view.root)) { "Run the fast tests" }
                @if view.can_log_in {
                    a .button href=(format!("{}page?login", view.root)) { "Log in" }
                    span .note { "with the token as the password" }
                }
            }
        }
    }
}
