//! The paths that answer from what is known.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use http::Method;
use http::header::AUTHORIZATION;
use smoke_core::{Limits, Registry, Test};

use crate::adapter::bench::{Bench, Open, passing};
use crate::adapter::gated::Gated;
use crate::adapter::planted::TOKEN;
use crate::adapter::scheduled::{Switch, comes_to_say, often};
use crate::adapter::stack::Stack;
use crate::adapter::wire::{self, Answer, exchange};

/// Within which time a probe path answers there, whatever hangs.
const AT_ONCE: Duration = Duration::from_secs(5);

/// The status and the reason of a probe path, whose body is one word.
async fn word(site: &Open, probe: &str) -> Result<(u16, String), String> {
    let answer = site.get(&format!("/smoketest/{probe}")).await?;
    in_a_word(&answer)?;
    let reason = answer.header("x-smoke-reason").to_owned();
    Ok((answer.status.as_u16(), reason))
}

fn in_a_word(answer: &Answer) -> Result<(), String> {
    let verdict = answer.header("x-smoke-status");
    let passes = answer.status == 200;
    if answer.text() == format!("{verdict}\n") && passes == (verdict == "PASS") {
        return Ok(());
    }
    Err(format!("this is not one word: {answer:?}"))
}

async fn says(site: &Open, probe: &str, status: u16, reason: &str) -> Result<(), String> {
    let said = word(site, probe).await?;
    if said == (status, reason.to_owned()) {
        return Ok(());
    }
    Err(format!("{probe} is to say {status} {reason:?}: {said:?}"))
}

pub(super) async fn every_prober<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let counted = Gated::new();
    counted.open();
    let site = bench
        .serve(Registry::new().test(counted.test("shop::opens")))
        .await?;
    for (probe, status, verdict) in [
        ("live", 200, "PASS"),
        ("startup", 200, "PASS"),
        ("ready", 200, "PASS"),
        ("status", 503, "FAIL"),
    ] {
        for path in [
            format!("/smoketest/{probe}"),
            format!("/smoketest/{probe}/?x=1&format=xml"),
        ] {
            for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
                let answer =
                    wire::send(site.address, wire::request(method.clone(), &path)?).await?;
                let length = answer.header("content-length").to_owned();
                let body = if method == Method::HEAD {
                    ""
                } else {
                    &*format!("{verdict}\n")
                };
                let form = (answer.header("cache-control"), &*answer.text(), &*length);
                if answer.status != status
                    || answer.header("x-smoke-status") != verdict
                    || form != ("no-store", body, "5")
                {
                    return Err(format!("{method} {path}: {answer:?}"));
                }
            }
            let posted = wire::send(site.address, wire::request(Method::POST, &path)?).await?;
            posted.is_verdict(405, "FAIL")?;
            if posted.header("allow") != "GET, HEAD, OPTIONS" {
                return Err(format!("POST {path}: {posted:?}"));
            }
        }
    }
    without_host(&site).await?;
    for path in [
        "/smoketest/ready/x",
        "/smoketest/ready//",
        "/smoketest/Ready",
    ] {
        site.get(path).await?.is_verdict(404, "FAIL")?;
    }
    match counted.count() {
        0 => Ok(()),
        runs => Err(format!("there were {runs} runs")),
    }
}

async fn without_host(site: &Open) -> Result<(), String> {
    for (request, starts, ends) in [
        (
            "OPTIONS /smoketest/ready HTTP/1.0\r\n\r\n",
            "200",
            "\r\n\r\nPASS\n",
        ),
        (
            "GET /smoketest/live/ HTTP/1.0\r\n\r\n",
            "200",
            "\r\n\r\nPASS\n",
        ),
        (
            "OPTIONS /smoketest/ HTTP/1.0\r\n\r\n",
            "503",
            "\r\n\r\nFAIL\n",
        ),
        ("HEAD /smoketest/status HTTP/1.0\r\n\r\n", "503", "\r\n\r\n"),
    ] {
        let answer = exchange(site.address, request).await?;
        let status = answer.split(' ').nth(1);
        if status != Some(starts) || !answer.ends_with(ends) {
            return Err(format!("{request:?} was answered {answer:?}"));
        }
    }
    Ok(())
}

pub(super) async fn options<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let counted = Gated::new();
    counted.open();
    let test = counted.test("shop::opens");
    let site = bench
        .serve(Registry::new().test(test).schedule(often()))
        .await?;
    let asked = async |path: &str| {
        let answer = wire::send(site.address, wire::request(Method::OPTIONS, path)?).await?;
        in_a_word(&answer)?;
        Ok::<_, String>(answer)
    };
    for path in [
        "/smoketest",
        "/smoketest/",
        "/smoketest/slow/",
        "/smoketest/?format=text",
    ] {
        let answer = asked(path).await?;
        if answer.status != 503 || answer.header("x-smoke-reason") != "unknown" {
            return Err(format!("OPTIONS {path}: {answer:?}"));
        }
    }
    if counted.count() != 0 {
        return Err("OPTIONS started a run".to_owned());
    }
    site.runner.start();
    comes_to_say(&site, "status", 200, "").await?;
    let answer = asked("/smoketest/").await?;
    if answer.status == 200 && answer.headers.contains_key("last-modified") {
        return Ok(());
    }
    Err(format!("the schedule passes, and OPTIONS got {answer:?}"))
}

pub(super) async fn scheduled<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let (disk, database) = (Switch::default(), Switch::default());
    let registry = Registry::new()
        .test(disk.test("shop::disk").instance())
        .test(database.test("shop::database"))
        .schedule(often().instance())
        .schedule(often().shared())
        .fail_after(1)
        .recover_after(1);
    let site = bench.serve(registry.open()).await?;
    // That one who asks sees a failure moves nothing.
    disk.set(true);
    site.get("/smoketest/").await?.is_verdict(503, "FAIL")?;
    let told = site.get("/smoketest/ready").await?;
    told.is_verdict(503, "FAIL")?;
    told.contains("runner.start()")?;
    disk.set(false);
    site.runner.start();
    let reached = async |probe, status, reason| comes_to_say(&site, probe, status, reason).await;
    reached("startup", 200, "").await?;
    reached("status", 200, "").await?;
    reached("ready", 200, "").await?;
    database.set(true);
    let told = reached("ready", 200, "degraded").await?;
    let said = "degraded: shop::database for ";
    if !told.contains(said) || !told.contains("no space left on the shelf") {
        return Err(format!("{said:?} is missing: {told:?}"));
    }
    reached("status", 503, "").await?;
    disk.set(true);
    let told = reached("ready", 503, "down").await?;
    if !told.contains("down: shop::disk for ") {
        return Err(format!("what is down is not named: {told:?}"));
    }
    reached("live", 200, "").await?;
    disk.set(false);
    reached("ready", 200, "degraded").await?;
    database.set(false);
    reached("ready", 200, "").await?;
    reached("status", 200, "").await.map(drop)
}

pub(super) async fn held<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let database = Switch::broken();
    let registry = Registry::new()
        .test(database.test("shop::database"))
        .schedule(often())
        .hold_until_first_pass();
    let site = bench.serve(registry).await?;
    says(&site, "ready", 503, "starting").await?;
    says(&site, "startup", 503, "starting").await?;
    site.runner.start();
    comes_to_say(&site, "ready", 503, "held").await?;
    says(&site, "startup", 200, "").await?;
    database.set(false);
    comes_to_say(&site, "ready", 200, "").await.map(drop)
}

pub(super) async fn whatever_hangs<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let (release, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let (stop, mut stopped) = tokio::sync::mpsc::unbounded_channel();
    let hangs = move || {
        let (stop, gate) = (stop.clone(), Arc::clone(&gate));
        async move {
            let _ = stop.send(());
            // Stops the thread that it runs on.
            let _ = gate.lock().unwrap_or_else(PoisonError::into_inner).recv();
        }
    };
    let limits = Limits::default().runs_at_once(1).runs_waiting(2);
    let mut registry = passing().limits(limits).schedule(often());
    for nth in 0..4 {
        registry = registry.test(Test::new(format!("shop::hangs{nth}"), hangs.clone()).slow());
    }
    let site = bench.serve(registry.open()).await?;
    site.runner.start();
    comes_to_say(&site, "status", 200, "").await?;
    let asking = [
        "/smoketest/slow/",
        "/smoketest/?select=shop::opens",
        "/smoketest/?skip=shop::x",
    ];
    let asking = asking.map(|target| tokio::spawn(wire::get(site.address, target)));
    let hung = tokio::time::timeout(AT_ONCE, stopped.recv());
    hung.await.map_err(|_| "the tests were not begun")?;
    for _ in 0..20 {
        for probe in ["live", "startup", "ready", "status"] {
            let target = format!("/smoketest/{probe}");
            let answered = tokio::time::timeout(AT_ONCE, site.get(&target)).await;
            let answer = answered.map_err(|_| format!("{probe} waits for tests"))??;
            answer.is_verdict(200, "PASS")?;
        }
    }
    drop(release);
    for asked in asking {
        asked.abort();
    }
    Ok(())
}

pub(super) async fn who_sees_what<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let disk = Switch::broken();
    let registry = |disk: &Switch| {
        Registry::new()
            .test(disk.test("shop::disk").instance())
            .schedule(often())
            .build_id("4f2a91c")
            .instance("till-1")
            .token(TOKEN)
    };
    let site = bench.serve(registry(&disk).require_token()).await?;
    site.runner.start();
    comes_to_say(&site, "ready", 503, "down").await?;
    let asked = async |target: &str, token: Option<&str>| {
        let mut request = wire::request(Method::GET, target)?;
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse();
            let value = value.map_err(|_| "this is no header".to_owned())?;
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        wire::send(site.address, request).await
    };
    for token in [None, Some("wrong")] {
        for (probe, status) in [("live", 200), ("startup", 200), ("ready", 503)] {
            for format in ["text", "json"] {
                let answer = asked(&format!("/smoketest/{probe}?format={format}"), token).await?;
                let shown = format!("{:?}{}", answer.headers, answer.text());
                let secrets = ["disk", "shelf", "4f2a91c", "till-1", TOKEN];
                if answer.status != status || secrets.iter().any(|secret| shown.contains(secret)) {
                    return Err(format!("{probe} for a stranger: {answer:?}"));
                }
            }
        }
        asked("/smoketest/status", token)
            .await?
            .is_verdict(401, "FAIL")?;
    }
    for (format, part) in [
        ("text", "down: shop::disk for "),
        ("json", "\"down\":[{\"test\":\"shop::disk\""),
    ] {
        let answer = asked(&format!("/smoketest/ready?format={format}"), Some(TOKEN)).await?;
        answer.is_verdict(503, "FAIL")?;
        for part in [part, "no space left on the shelf", "fast"] {
            answer.contains(part)?;
        }
        if answer.header("x-smoke-build") != "4f2a91c"
            || answer.header("x-smoke-instance") != "till-1"
        {
            return Err(format!("the trusted are not told who answers: {answer:?}"));
        }
    }
    let open_to_strangers = bench.serve(registry(&disk)).await?;
    says(&open_to_strangers, "status", 503, "unknown").await
}

pub(super) async fn drained<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().schedule(often())).await?;
    site.runner.start();
    comes_to_say(&site, "ready", 200, "").await?;
    let runner = site.runner.clone();
    let draining = tokio::spawn(async move { runner.drain(Duration::from_secs(600)).await });
    comes_to_say(&site, "ready", 503, "draining").await?;
    for probe in ["live", "startup", "status"] {
        if word(&site, probe).await?.0 != 200 {
            return Err(format!("{probe} is to go on"));
        }
    }
    site.get("/smoketest/").await?.is_verdict(200, "PASS")?;
    site.get("/hello").await?.is_of_the_application()?;
    if draining.is_finished() {
        return Err("the drain was over before its time".to_owned());
    }
    site.runner.drain(Duration::ZERO).await;
    draining.await.map_err(|error| error.to_string())?;
    says(&site, "ready", 503, "draining").await
}

pub(super) async fn switched_off<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench
        .serve(passing().schedule(often()).hold_until_first_pass())
        .await?;
    site.runner.pause();
    says(&site, "startup", 200, "off").await?;
    says(&site, "ready", 200, "off").await?;
    says(&site, "status", 503, "off").await?;
    says(&site, "live", 200, "").await?;
    let answer = site.get("/smoketest/").await?;
    answer.is_verdict(503, "FAIL")?;
    if answer.header("x-smoke-reason") != "off" {
        return Err(format!("the reason is missing: {answer:?}"));
    }
    site.runner.resume();
    site.runner.start();
    comes_to_say(&site, "status", 200, "").await?;
    site.runner.shutdown().await;
    says(&site, "ready", 200, "off").await?;
    says(&site, "live", 200, "").await
}

pub(super) async fn another_status<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    // Consul takes 429 for a warning.
    let failing = passing().test(Switch::broken().test("shop::disk"));
    let site = bench.serve(failing.fail_status(429).open()).await?;
    for target in ["/smoketest/", "/smoketest/status"] {
        site.get(target).await?.is_verdict(429, "FAIL")?;
    }
    site.get("/smoketest/nowhere")
        .await?
        .is_verdict(404, "FAIL")?;
    site.get("/smoketest/?select=shop::opens")
        .await?
        .is_verdict(200, "PASS")?;
    for wrong in [200, 302, 600, 0] {
        let site = bench.serve(passing().fail_status(wrong).open()).await?;
        let answer = site.get("/smoketest/").await?;
        answer.is_verdict(503, "FAIL")?;
        answer.contains(".fail_status(")?;
    }
    Ok(())
}
