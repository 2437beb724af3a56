//! What happens in the runs, as it happens.

use std::time::Duration;

use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use smoke_core::Registry;

use crate::adapter::bench::{Bench, Open, passing};
use crate::adapter::gated::Gated;
use crate::adapter::planted::{self, TOKEN, asked, asking, shows_no_secret};
use crate::adapter::scheduled::PATIENCE;
use crate::adapter::stack::Stack;
use crate::adapter::wire::{self, Connection};
use crate::eventually;

const EVENTS: &str = "/smoketest/events";

/// One who follows.
#[derive(Debug)]
struct Follower {
    head: HeaderMap,
    body: Incoming,
    come: String,
    _connection: Connection,
}

impl Follower {
    async fn begin(site: &Open) -> Result<Self, String> {
        let request = asking(Method::GET, EVENTS, Some(TOKEN))?;
        let mut connection = Connection::open(site.address).await?;
        let (head, body) = connection.begin(request).await?.into_parts();
        if head.status != 200 {
            return Err(format!("events were expected, and this came: {head:?}"));
        }
        Ok(Self {
            head: head.headers,
            body,
            come: String::new(),
            _connection: connection,
        })
    }

    /// Reads on; false at the end.
    async fn read(&mut self) -> Result<bool, String> {
        let waiting = tokio::time::timeout(PATIENCE, self.body.frame());
        let frame = waiting.await;
        match frame.map_err(|_| format!("nothing came any more after {:?}", self.come))? {
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                self.come.push_str(&String::from_utf8_lossy(&data));
                Ok(true)
            }
            Some(Err(error)) => Err(format!("the events broke off: {error}")),
            None => Ok(false),
        }
    }

    async fn until(&mut self, wanted: &str) -> Result<(), String> {
        while !self.come.contains(wanted) {
            if !self.read().await? {
                return Err(format!("{wanted:?} did not come: {:?}", self.come));
            }
        }
        Ok(())
    }
}

pub(super) async fn told<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let gated = Gated::new();
    let registry = Registry::new().test(gated.test("shop::opens")).token(TOKEN);
    let site = bench.serve(registry.build_id("4f2a91c")).await?;
    let mut follower = Follower::begin(&site).await?;
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store, no-transform"),
        ("x-smoke-build", "4f2a91c"),
    ] {
        if follower.head.get(name).is_none_or(|found| found != value) {
            return Err(format!("{name} is not {value}: {:?}", follower.head));
        }
    }
    // Each comes when it happens: nothing is kept back until there is more.
    follower.until("retry: 3000\n\n").await?;
    let asking = tokio::spawn(wire::get(site.address, "/smoketest/?format=json"));
    follower.until("event: run_started\ndata: {").await?;
    let started = "event: test_started\ndata: {";
    follower.until(started).await?;
    gated.begun(&asking).await?;
    gated.open();
    follower.until("event: test_finished\ndata: {").await?;
    follower.until("event: run_finished\ndata: {").await?;
    follower.until("\"status\":\"PASS\"").await?;
    let answer = asking.await.map_err(|error| error.to_string())??;
    answer.is_verdict(200, "PASS")?;
    let run = format!("\"run\":\"{}\"", answer.header("x-smoke-run"));
    match follower.come.matches(&run).count() {
        4 => Ok(()),
        told => Err(format!("{told} events of 4 have {run}: {}", follower.come)),
    }
}

pub(super) async fn strangers<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let with = bench.serve(planted::registry(bench).token(TOKEN)).await?;
    let without = bench.serve(planted::registry(bench)).await?;
    for (site, token, status) in [
        (&with, None, 401),
        (&with, Some("wrong"), 401),
        (&without, None, 403),
    ] {
        let answer = asked(site, Method::GET, EVENTS, token).await?;
        answer.is_verdict(status, "FAIL")?;
        shows_no_secret(&answer)?;
    }
    let posted = asked(&with, Method::POST, EVENTS, Some(TOKEN)).await?;
    posted.is_verdict(405, "FAIL")?;
    let head = asked(&with, Method::HEAD, EVENTS, Some(TOKEN)).await?;
    if head.status != 200 || !head.body.is_empty() {
        return Err(format!("HEAD has another answer: {head:?}"));
    }
    Ok(())
}

pub(super) async fn ends<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().token(TOKEN)).await?;
    let mut follower = Follower::begin(&site).await?;
    follower.until("retry: ").await?;
    let runner = site.runner.clone();
    let draining = tokio::spawn(async move { runner.drain(Duration::from_secs(60)).await });
    let last = "event: closed\ndata: {\"reason\":\"draining\"}\n\n";
    while follower.read().await? {}
    draining.abort();
    if follower.come.ends_with(last) {
        return Ok(());
    }
    Err(format!("it ended so: {:?}", follower.come))
}

pub(super) async fn places<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().token(TOKEN)).await?;
    let mut all = Vec::new();
    for _ in 0..32 {
        all.push(Follower::begin(&site).await?);
    }
    let more = asked(&site, Method::GET, EVENTS, Some(TOKEN)).await?;
    more.is_verdict(503, "FAIL")?;
    if (more.header("x-smoke-reason"), more.header("retry-after")) != ("busy", "30") {
        return Err(format!("it does not say when to ask again: {more:?}"));
    }
    drop(all);
    // Some servers see that they have gone when there is something to send.
    let again = async || {
        asked(&site, Method::POST, "/smoketest/", Some(TOKEN)).await?;
        Follower::begin(&site).await
    };
    eventually(PATIENCE, again, Result::is_ok).await??;
    Ok(())
}
