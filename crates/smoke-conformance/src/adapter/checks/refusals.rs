//! Every way not to have a verdict is a FAIL that says why.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use smoke_core::{Limits, Registry, Test};

use crate::adapter::bench::{Bench, Open, passing};
use crate::adapter::gated::Gated;
use crate::adapter::stack::Stack;
use crate::adapter::wire::{self, Answer};

async fn fails(site: &Open, target: &str, reason: &str) -> Result<Answer, String> {
    for query in ["format=json", "format=text"] {
        let joint = if target.contains('?') { '&' } else { '?' };
        let answer = site.get(&format!("{target}{joint}{query}")).await?;
        answer.is_verdict(503, "FAIL")?;
        answer.contains(reason)?;
        if query == "format=text" {
            return Ok(answer);
        }
    }
    Err("nothing was asked".to_owned())
}

pub(super) async fn nothing_to_run<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let empty = bench.serve(Registry::new().open()).await?;
    fails(&empty, "/smoketest/", "no tests are registered").await?;
    let few = bench.serve(passing().expect_at_least(7).open()).await?;
    fails(&few, "/smoketest/", "at least 7 are expected").await?;
    let site = bench.serve(passing().open()).await?;
    fails(&site, "/smoketest/?select=nobody", "nobody").await?;
    fails(&site, "/smoketest/?skip=shop", "").await?;
    let skipped = Registry::new().test(Test::new("shop::prints", async || {}).skip("no printer"));
    let skipping = bench.serve(skipped.open()).await?;
    fails(&skipping, "/smoketest/", "").await?;
    Ok(())
}

pub(super) async fn outcomes<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let failing = async || Err::<(), _>(smoke_core::Failure::new("balance must be 14"));
    let registry = passing()
        .test(Test::new("shop::balances", failing))
        .test(Test::new("shop::sells", async || {
            Err::<(), _>("no route to the till")
        }))
        .test(Test::new(
            "shop::misses",
            async |_: smoke_core::Provided<u8>| {},
        ));
    let site = bench.serve(registry.open()).await?;
    let answer = site.get("/smoketest/").await?;
    answer.is_verdict(503, "FAIL")?;
    for line in [
        "\ntests run: 4\ntests passed: 1\ntests failed: 1\ntests errored: 2\n",
        "\nshop::balances failed: balance must be 14\n",
        "\nshop::sells errored: no route to the till\n",
        "\nshop::misses errored: ",
    ] {
        answer.contains(line)?;
    }
    Ok(())
}

pub(super) async fn busy<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let gated = Gated::new();
    let limits = Limits::default().runs_at_once(1).runs_waiting(0);
    let registry = passing()
        .limits(limits)
        .test(gated.test("shop::is_slow").slow());
    let site = bench.serve(registry.open()).await?;
    let slow = tokio::spawn(wire::get(site.address, "/smoketest/slow/"));
    gated.begun(&slow).await?;
    let answer = fails(&site, "/smoketest/", "busy").await?;
    let retry_after = answer.header("retry-after").parse::<u32>();
    if !retry_after.is_ok_and(|seconds| seconds >= 1) {
        return Err(format!("Retry-After is missing: {answer:?}"));
    }
    if answer.header("x-smoke-reason") != "busy" {
        return Err(format!("the reason is missing: {answer:?}"));
    }
    gated.open();
    let answer = slow.await.map_err(|error| error.to_string())??;
    answer.is_verdict(200, "PASS")?;
    site.get("/smoketest/").await?.is_verdict(200, "PASS")
}

pub(super) async fn switched_off<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    site.runner.pause();
    fails(&site, "/smoketest/", "switched off").await?;
    fails(&site, "/smoketest/slow/", "switched off").await?;
    let posted = wire::send(site.address, wire::post("/smoketest/", wire::whole(""))?).await?;
    posted.is_verdict(503, "FAIL")?;
    site.get("/hello").await?.is_of_the_application()?;
    site.runner.resume();
    site.get("/smoketest/").await?.is_verdict(200, "PASS")?;
    site.runner.shutdown().await;
    fails(&site, "/smoketest/", "shut down").await?;
    site.get("/hello").await?.is_of_the_application()
}

pub(super) async fn late<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let hangs = move || {
        let held = Arc::clone(&held);
        async move {
            // Stops the thread that it runs on.
            let _ = held.lock().unwrap_or_else(PoisonError::into_inner).recv();
        }
    };
    let limits = Limits::default().run(Duration::from_secs(2));
    let limit = Duration::from_millis(200);
    let endless = async || std::future::pending::<()>().await;
    let registry = passing()
        .limits(limits)
        .test(Test::new("shop::hangs", hangs).timeout(limit))
        .test(Test::new("shop::never_ends", endless).timeout(limit));
    let site = bench.serve(registry.open()).await?;
    // What is beyond the two seconds is for a machine that is busy; the test hangs until it is over.
    let answering = tokio::time::timeout(Duration::from_secs(10), site.get("/smoketest/"));
    let answer = answering
        .await
        .map_err(|_| "the run's limit of 2s was not kept")??;
    drop(release);
    answer.is_verdict(503, "FAIL")?;
    for line in [
        "\ntests passed: 1\n",
        "\nshop::hangs errored: ",
        "\nshop::never_ends errored: took longer than its limit of 200ms",
    ] {
        answer.contains(line)?;
    }
    Ok(())
}
