//! The probe path for Prometheus.

use http::Method;
use smoke_core::{Registry, Test};

use crate::adapter::bench::{Bench, Open, passing};
use crate::adapter::planted::{self, SECRETS, TOKEN, asked, shows_no_secret};
use crate::adapter::scheduled::{PATIENCE, Switch, often};
use crate::adapter::stack::Stack;
use crate::adapter::wire::Answer;
use crate::eventually;

async fn scraped(site: &Open, token: Option<&str>) -> Result<Answer, String> {
    asked(site, Method::GET, "/smoketest/metrics", token).await
}

/// Waits until the trusted are told that line, and returns the answer.
async fn comes_to_tell(site: &Open, line: &str) -> Result<Answer, String> {
    let look = async || scraped(site, Some(TOKEN)).await;
    // What is no answer of the metrics will be none later.
    let settled = |seen: &Result<Answer, String>| match seen {
        Ok(answer) => answer.status != 200 || has_line(answer, line),
        Err(_) => true,
    };
    let answer = eventually(PATIENCE, look, settled).await??;
    tells(&answer, line)?;
    Ok(answer)
}

fn has_line(answer: &Answer, line: &str) -> bool {
    answer.text().lines().any(|found| found == line)
}

fn tells(answer: &Answer, line: &str) -> Result<(), String> {
    if answer.status == 200 && has_line(answer, line) {
        return Ok(());
    }
    Err(format!("{line} is missing: {answer:?}"))
}

pub(super) async fn told<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let (disk, room) = (Switch::broken(), Switch::broken());
    let registry = Registry::new()
        .test(Test::new("shop::opens", async || {}))
        .test(disk.test("shop::disk").instance())
        .test(room.test("shop::room").advisory())
        .schedule(often())
        .token(TOKEN);
    let site = bench.serve(registry).await?;
    let early = scraped(&site, Some(TOKEN)).await?;
    tells(&early, "smoke_probe{probe=\"ready\"} 0.0")?;
    site.runner.start();
    let answer = comes_to_tell(&site, "smoke_state{state=\"down\"} 1.0").await?;
    for line in [
        "smoke_probe{probe=\"live\"} 1.0",
        "smoke_probe{probe=\"status\"} 0.0",
        "smoke_state{state=\"draining\"} 0.0",
        "smoke_test_outcome{test=\"shop::opens\",scope=\"shared\",outcome=\"passed\"} 1.0",
        "smoke_test_outcome{test=\"shop::disk\",scope=\"instance\",outcome=\"failed\"} 1.0",
        "smoke_test_outcome{test=\"shop::room\",scope=\"shared\",outcome=\"warned\"} 1.0",
        "smoke_test_down{test=\"shop::disk\",scope=\"instance\"} 1.0",
        "smoke_test_down{test=\"shop::room\",scope=\"shared\"} 0.0",
        "smoke_schedule_passed{schedule=\"fast every 100ms\"} 0.0",
        "# EOF",
    ] {
        tells(&answer, line)?;
    }
    for name in [
        "smoke_runs_total{verdict=\"fail\"} ",
        "smoke_schedule_age_seconds{",
        "smoke_test_duration_seconds{",
    ] {
        answer.contains(name)?;
    }
    let kind = answer.header("content-type");
    if !kind.starts_with("application/openmetrics-text; version=1.0.0") {
        return Err(format!("this is another format: {answer:?}"));
    }
    if answer.header("content-length") != answer.body.len().to_string() {
        return Err(format!("the length is missing: {answer:?}"));
    }
    disk.set(false);
    comes_to_tell(&site, "smoke_state{state=\"down\"} 0.0")
        .await
        .map(drop)
}

pub(super) async fn refused<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().token(TOKEN)).await?;
    site.runner.pause();
    for nth in 0..3 {
        // What a stranger sends makes no new line.
        let target = format!("/smoketest/?x={nth}");
        site.get(&target).await?.is_verdict(503, "FAIL")?;
    }
    let answer = scraped(&site, Some(TOKEN)).await?;
    tells(&answer, "smoke_refused_starts_total{reason=\"off\"} 3")?;
    let text = answer.text();
    let refusals = text
        .lines()
        .filter(|line| line.starts_with("smoke_refused_starts_total"));
    match refusals.count() {
        1 => Ok(()),
        lines => Err(format!("{lines} lines count refusals: {text}")),
    }
}

pub(super) async fn strangers<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let registry = || planted::registry(bench).schedule(often());
    let with = bench.serve(registry().token(TOKEN)).await?;
    let without = bench.serve(registry()).await?;
    for site in [&with, &without] {
        site.runner.start();
    }
    let found = "smoke_test_down{test=\"shop::breaks\",scope=\"shared\"} 1.0";
    let told = comes_to_tell(&with, found).await?;
    // Whoever has the token may pass them on: a name and an outcome are all that is told.
    let text = told.text();
    if let Some(secret) = SECRETS.iter().find(|secret| text.contains(**secret)) {
        return Err(format!("{secret} is in a metric: {text}"));
    }
    for (site, token, status) in [
        (&with, None, 401),
        (&with, Some("wrong"), 401),
        (&without, None, 403),
        (&without, Some("wrong"), 403),
    ] {
        let answer = scraped(site, token).await?;
        answer.is_verdict(status, "FAIL")?;
        if answer.text().contains("smoke_") || answer.text().contains("shop::") {
            return Err(format!("a stranger is told: {answer:?}"));
        }
        shows_no_secret(&answer)?;
    }
    Ok(())
}
