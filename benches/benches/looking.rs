//! A run that ten people look at on the page, beside one that nobody looks at.

use std::net::Ipv4Addr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use benches::client::Connection;
use benches::inserting::{limits, run, runtime};
use benches::page::{Page, Table};
use benches::rounds::{Subject, Times, take_turns, timed};
use benches::scale::Scale;
use smoke_axum::{Registry, Runner, SmokeLayer, Test};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// How many look.
const PEOPLE: usize = 10;
/// How long a page is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<()> {
    let scale = Scale::asked_for();
    let mut page = Page::new("The page, open in ten browsers");
    page.say(
        "Runs of tests, four at once, in the process of a server of axum. A browser follows the events over one connection, and loads the page anew over another when a run has \
         ended; here ten threads of the same process do so, which counts, too. Milliseconds a run, least / median; in brackets how many times the median where nobody looks.",
    );
    let mut table = Table::new(&["tests", "nobody looks", "ten look"]);
    for (name, tests, pause) in [
        ("100 that do nothing", 100, None),
        ("100 of 1 ms", 100, Some(Duration::from_millis(1))),
        ("100 of 5 ms", 100, Some(Duration::from_millis(5))),
        ("1,000 that do nothing", 1000, None),
    ] {
        if !scale.includes(&format!("looking/{name}")) {
            continue;
        }
        let (alone, seen) = (registry(tests, pause), registry(tests, pause));
        let (alone, seen) = (Runner::new(alone), Runner::new(seen));
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

fn registry(tests: usize, pause: Option<Duration>) -> Registry {
    (0..tests).fold(Registry::new().limits(limits(4)).open(), |registry, at| {
        let works = move || async move {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
        };
        registry.test(Test::new(format!("bench::works_{at}"), works))
    })
}

/// Serves the application, and has everybody look. Each page that they have loaded is told.
fn look(servers: &Runtime, runner: &Runner) -> Result<mpsc::Receiver<()>> {
    let app = Router::new().layer(SmokeLayer::new(runner));
    let listener = servers.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    servers.spawn(async move { axum::serve(listener, app).await });
    let (loads, loaded) = mpsc::channel();
    for _ in 0..PEOPLE {
        let (mut events, mut page) = (Connection::open(address)?, Connection::open(address)?);
        events.ask("/smoketest/events")?;
        let loads = loads.clone();
        // Until the server ends.
        thread::spawn(move || -> Result<()> {
            loop {
                let line = events.line()?;
                if line.starts_with("event: run_finished") || line.starts_with("event: missed") {
                    page.get("/smoketest/page")?;
                    loads.send(())?;
                }
            }
        });
    }
    Ok(loaded)
}
