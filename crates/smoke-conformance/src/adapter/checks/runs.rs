//! Requests share runs, and no test gets in the way of the application.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use futures_util::future::join_all;
use smoke_core::{Limits, Registry, Test};

use crate::adapter::bench::{Bench, passing};
use crate::adapter::gated::Gated;
use crate::adapter::stack::Stack;
use crate::adapter::wire;

/// Within which time the application answers whatever the tests do, on a machine that is busy.
const AT_ONCE: Duration = Duration::from_secs(5);

pub(super) async fn shared<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let gated = Gated::new();
    // Whoever comes after the run has ended gets its report as well.
    let limits = Limits::default().reuse(Duration::from_secs(60));
    let registry = Registry::new().test(gated.test("shop::opens"));
    let site = bench.serve(registry.limits(limits).open()).await?;
    let address = site.address;
    let asking = (0..200).map(|_| wire::get(address, "/smoketest/"));
    let asking = tokio::spawn(join_all(asking.collect::<Vec<_>>()));
    gated.begun(&asking).await?;
    gated.open();
    let answers = asking.await.map_err(|error| error.to_string())?;
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    for answer in &answers {
        answer.is_verdict(200, "PASS")?;
        if answer.header("x-smoke-run") != answers[0].header("x-smoke-run") {
            return Err("not all were answered by the same run".to_owned());
        }
    }
    match gated.count() {
        1 => Ok(()),
        runs => Err(format!("there were {runs} runs")),
    }
}

/// Connections that ask for the same, where no report is reused and one run may start: as on a
/// machine that is busy, on which they come in long after the first was answered.
pub(super) async fn a_crowd<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let gated = Gated::new();
    gated.open();
    let limits = Limits::default().reuse(Duration::ZERO).starts_per_minute(1);
    let registry = Registry::new().test(gated.test("shop::opens"));
    let site = bench.serve(registry.limits(limits).open()).await?;
    let asking = (0..300).map(|_| wire::get(site.address, "/smoketest/"));
    let answers = join_all(asking.collect::<Vec<_>>()).await;
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    for answer in &answers {
        answer.is_verdict(200, "PASS")?;
        for name in ["x-smoke-run", "last-modified"] {
            let (first, header) = (answers[0].header(name), answer.header(name));
            if header != first {
                return Err(format!("{name} is {header}, and the first was {first}"));
            }
        }
    }
    // A new run is one, and is none where there may be none.
    let posted = wire::send(site.address, wire::post("/smoketest/", wire::whole(""))?).await?;
    posted.is_verdict(503, "FAIL")?;
    posted.contains("busy")?;
    match gated.count() {
        1 => Ok(()),
        runs => Err(format!("there were {runs} runs")),
    }
}

pub(super) async fn in_nobodys_way<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let gated = Gated::new();
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let (stop, mut stopped) = tokio::sync::mpsc::unbounded_channel();
    let blocking = move || {
        let (stop, held) = (stop.clone(), Arc::clone(&held));
        async move {
            let _ = stop.send(());
            // Stops the thread that it runs on.
            let _ = held.lock().unwrap_or_else(PoisonError::into_inner).recv();
        }
    };
    let endless = async || std::future::pending::<()>().await;
    let registry = passing()
        .test(gated.test("shop::hangs"))
        .test(Test::new("shop::blocks_in_async_code", blocking))
        .test(Test::new("shop::never_ends", endless).timeout(Duration::from_millis(300)))
        .test(Test::new("shop::panics", panics));
    let site = bench.serve(registry.open()).await?;
    let asking = tokio::spawn(wire::get(site.address, "/smoketest/"));
    gated.begun(&asking).await?;
    stopped.recv().await;
    for target in ["/hello", "/missing", "/smoketest/nowhere", "/hello"] {
        let answering = tokio::time::timeout(AT_ONCE, site.get(target));
        match answering.await {
            Ok(answer) => drop(answer?),
            Err(_) => return Err(format!("{target} was not answered within {AT_ONCE:?}")),
        }
    }
    if asking.is_finished() {
        return Err("the smoke tests were answered before they ended".to_owned());
    }
    let _ = release.send(());
    gated.open();
    let answer = asking.await.map_err(|error| error.to_string())??;
    answer.is_verdict(503, "FAIL")?;
    for line in [
        "\ntests passed: 3\n",
        "\ntests errored: 2\n",
        "\nshop::never_ends errored: took longer than its limit of 300ms",
        "\nshop::panics errored: ",
    ] {
        answer.contains(line)?;
    }
    site.get("/hello").await?.is_of_the_application()
}

fn panics() {
    panic!("the till fell");
}
