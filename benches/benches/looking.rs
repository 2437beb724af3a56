//! A run that ten people look at on the page, beside one that nobody looks at.

use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use benches::inserting::{limits, run, runtime};
use benches::page::{Page, Table};
use benches::rounds::{Subject, Times, take_turns, timed};
use benches::scale::Scale;
use http::Request;
use http_body_util::BodyExt as _;
use smoke_axum::smoke_core::{Endpoint, Route};
use smoke_axum::{Registry, Runner, Test};
use tokio::runtime::Runtime;

/// How many look.
const PEOPLE: usize = 10;
const TESTS: usize = 100;
/// How long a page is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<()> {
    let scale = Scale::asked_for();
    let mut page = Page::new("The page, open in ten browsers");
    page.say(
        "Runs of 100 tests, four at once. A browser follows the events, and loads the page anew when a run has ended; here that is done on threads of their own in the same \
         process, so that what a server renders counts. Milliseconds a run, least / median; in brackets how many times the median where nobody looks.",
    );
    let mut table = Table::new(&["a test takes", "nobody looks", "ten look"]);
    for (name, pause) in [
        ("nothing", None),
        ("1 ms", Some(Duration::from_millis(1))),
        ("5 ms", Some(Duration::from_millis(5))),
    ] {
        if !scale.includes(&format!("looking/{name}")) {
            continue;
        }
        let (alone, seen) = (Runner::new(registry(pause)), Runner::new(registry(pause)));
        let (keeper, servers) = (runtime()?, runtime()?);
        let loaded = look(&servers, &seen)?;
        let mut subjects: [Subject<'_>; 2] = [
            Box::new(|| timed(|| keeper.block_on(run(&alone)).map(drop))),
            Box::new(|| timed(|| keeper.block_on(run(&seen)).map(drop))),
        ];
        let times = take_turns(scale.choose(1, 101), &mut subjects)?;
        // Else nobody looked. The pages of the last run may be under way still.
        for _ in 0..PEOPLE {
            let load = loaded.recv_timeout(PATIENCE);
            load.context("a page was not loaded")?;
        }
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let cell = |times: &Times| {
            let (least, median) = (millis(times.least()), millis(times.median()));
            format!("{least:.2} / {median:.2}")
        };
        let (alone, seen) = (&times[0], &times[1]);
        let seen = format!("{} (**{:.2}**)", cell(seen), seen.ratio(alone));
        table.row(name, &[cell(alone), seen]);
    }
    page.table(&table);
    page.show("looking")
}

fn registry(pause: Option<Duration>) -> Registry {
    (0..TESTS).fold(Registry::new().limits(limits(4)).open(), |registry, at| {
        let works = move || async move {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
        };
        registry.test(Test::new(format!("bench::works_{at}"), works))
    })
}

/// Has everybody follow. Each page that they have loaded is told.
fn look(servers: &Runtime, runner: &Runner) -> Result<mpsc::Receiver<()>> {
    let (loads, loaded) = mpsc::channel();
    let (follows, followed) = mpsc::channel();
    for _ in 0..PEOPLE {
        let endpoint = Endpoint::new(runner);
        let (loads, follows) = (loads.clone(), follows.clone());
        servers.spawn(async move {
            let asked = |path: &str| {
                Request::get(path)
                    .body(())
                    .unwrap_or_default()
                    .into_parts()
                    .0
            };
            let events = asked("/smoketest/events");
            let mut events = endpoint.answer(Route::Events, &events).await.into_body();
            let _ = follows.send(());
            while let Some(Ok(frame)) = events.frame().await {
                let told = frame.into_data().unwrap_or_default();
                if told.starts_with(b"event: run_finished") {
                    let page = asked("/smoketest/page");
                    let page = endpoint.answer(Route::Page, &page).await;
                    if page.status() == 200 {
                        let _ = loads.send(());
                    }
                }
            }
        });
    }
    for _ in 0..PEOPLE {
        followed.recv().context("somebody could not follow")?;
    }
    Ok(loaded)
}
