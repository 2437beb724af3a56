//! Probe paths, beside a handler that returns "ok" on the same server.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use axum::Router;
use axum::routing::get;
use benches::client::Connection;
use benches::page::{Page, Table, figure};
use benches::rounds::{Subject, Times, take_turns};
use benches::scale::Scale;
use smoke_axum::smoke_core::{Limits, Selection};
use smoke_axum::{Registry, Runner, SmokeLayer, Test};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// How many keep their connections and ask without a pause.
const CLIENTS: usize = 4;

fn main() -> Result<()> {
    let scale = Scale::asked_for();
    let mut page = Page::new("A probe path");
    page.say(
        "Requests of four clients that keep their connections to a server of axum on the same machine, one after the other without a pause: \
         its handler that returns \"ok\", and the probe paths of the layer on it. In each round each has a turn. Least / median in microseconds a \
         request; in brackets how many times the handler's median. The longest are of all rounds together, in milliseconds.",
    );
    let mut table = Table::new(&[
        "the runner",
        "asked",
        "a request",
        "99 of 100",
        "the longest",
    ]);
    for (what, is_busy) in [
        ("has nothing to do", false),
        ("has 4 tests that hang, and 8 runs that wait", true),
    ] {
        if scale.includes(&format!("probes/{what}")) {
            measure(&scale, (what, is_busy), &mut table)?;
        }
    }
    page.table(&table);
    page.show("probes")
}

fn measure(scale: &Scale, (what, is_busy): (&str, bool), table: &mut Table) -> Result<()> {
    let (rounds, requests) = (scale.choose(1, 21), scale.choose(10, 2000));
    let server = Server::start(is_busy)?;
    let paths = ["/ok", "/smoketest/live", "/smoketest/ready"];
    let mut took = paths.map(|_| Vec::new());
    let mut subjects: Vec<Subject<'_>> = Vec::new();
    for (path, took) in paths.iter().zip(&mut took) {
        subjects.push(Box::new(|| {
            let start = Instant::now();
            took.extend(ask(server.address, path, requests)?);
            Ok(start.elapsed())
        }));
    }
    let times = take_turns(rounds, &mut subjects)?;
    drop(subjects);
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / requests as f64 / CLIENTS as f64;
    for ((path, times_of), took) in paths.iter().zip(&times).zip(took) {
        let all = Times::of(took);
        let cell = format!(
            "{:.2} / {:.2} (**{:.2}**)",
            micros(times_of.least()),
            micros(times_of.median()),
            times_of.ratio(&times[0]),
        );
        let longest = [figure(all.percentile(99)), figure(all.most())];
        let cells = [vec![format!("`{path}`"), cell], longest.to_vec()].concat();
        table.row(what, &cells);
    }
    Ok(())
}

/// A server, until this is dropped.
struct Server {
    address: SocketAddr,
    _runtime: Runtime,
}

impl Server {
    fn start(is_busy: bool) -> Result<Self> {
        let runtime = Runtime::new()?;
        let hanging = (0..12).map(|at| {
            let name = format!("shop::hangs_{at}");
            Test::new(name, std::future::pending::<()>).timeout(Duration::from_secs(300))
        });
        let opens = Test::new("shop::opens", async || {});
        let limits = Limits::default()
            .run(Duration::from_secs(300))
            .starts_per_minute(1000);
        let registry = Registry::new().test(opens).limits(limits);
        let runner = Runner::new(hanging.fold(registry, Registry::test));
        let app = Router::new()
            .route("/ok", get(async || "ok"))
            .layer(SmokeLayer::new(&runner));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = runtime.block_on(listener)?;
        let address = listener.local_addr()?;
        runtime.spawn(async move { axum::serve(listener, app).await });
        if is_busy {
            let _inside = runtime.enter();
            for at in 0..10 {
                let (runner, name) = (runner.clone(), format!("shop::hangs_{at}"));
                runtime.spawn(async move { runner.run(Selection::fast().select(name)).await });
            }
        }
        Ok(Self {
            address,
            _runtime: runtime,
        })
    }
}

/// How long each request took.
fn ask(server: SocketAddr, path: &str, requests: usize) -> Result<Vec<Duration>> {
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| one_after_the_other(server, path, requests)))
            .collect();
        let mut took = Vec::new();
        for client in clients {
            let of_one = client.join();
            took.extend(of_one.map_err(|_| anyhow::anyhow!("a client panicked"))??);
        }
        Ok(took)
    })
}

fn one_after_the_other(server: SocketAddr, path: &str, requests: usize) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(server)?;
    let mut took = Vec::with_capacity(requests);
    for _ in 0..requests {
        let start = Instant::now();
        connection.get(path)?;
        took.push(start.elapsed());
    }
    Ok(took)
}
