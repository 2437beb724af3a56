//! Which tests the query has run, and the method.

use http::Method;
use smoke_core::{Context, Fixture, Kind, Providers, Registry, Test};

use crate::adapter::bench::Bench;
use crate::adapter::stack::Stack;
use crate::adapter::wire;

/// A fixture for its kind alone.
#[derive(Clone)]
struct Database;

impl Fixture for Database {
    const KIND: Kind = Kind::Database;

    fn check(_: &Providers<'_>) -> smoke_core::Result {
        Ok(())
    }

    async fn acquire(_: &Context) -> smoke_core::Result<Self> {
        Ok(Self)
    }
}

pub(super) async fn kinds<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let breaks = || Err::<(), _>(smoke_core::Failure::new("the till is shut"));
    let registry = Registry::new()
        .test(Test::new("shop::adds_up", || {}))
        .test(Test::new("shop::opens", breaks))
        .test(Test::new("shop::stores", |_: Database| {}));
    let site = bench.serve(registry.open()).await?;
    for (query, counts) in [
        ("kind=unit", "tests passed: 1\ntests failed: 1"),
        (
            "kind=unit&kind=database",
            "tests passed: 2\ntests failed: 1",
        ),
        ("pipeline", "tests passed: 1\ntests failed: 1"),
    ] {
        let answer = site.get(&format!("/smoketest/?{query}")).await?;
        answer.is_verdict(503, "FAIL")?;
        answer.contains(&format!("\n{counts}\n"))?;
    }
    let answer = site.get("/smoketest/?pipeline").await?;
    answer.contains("shop::stores skipped: not run: a test of kind unit did not pass")?;
    let answer = site.get("/smoketest/?kind=database").await?;
    answer.is_verdict(200, "PASS")?;
    let answer = site.get("/smoketest/?kind=http").await?;
    answer.is_verdict(503, "FAIL")?;
    answer.contains("kind http: no test is selected")?;
    let answer = site.get("/smoketest/?scope=instance").await?;
    answer.is_verdict(503, "FAIL")?;
    if answer.header("x-smoke-reason") != "nothing" {
        return Err(format!("{answer:?}"));
    }
    let answer = site.get("/smoketest/?kind=htpp").await?;
    if answer.status.is_success() {
        return Err(format!("{answer:?}"));
    }
    answer.contains("\"htpp\"")
}

pub(super) async fn destructive<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let registry = Registry::new()
        .test(Test::new("shop::opens", || {}))
        .test(Test::new("shop::mails", || {}).destructive())
        .token("t0ken")
        .allow_if(|head| head.headers.contains_key("x-till"))
        .allow_destructive("nothing, in truth");
    let site = bench.serve(registry).await?;
    for (method, name, value, run) in [
        (Method::GET, "authorization", "Bearer t0ken", 1),
        (Method::POST, "x-till", "1", 1),
        (Method::POST, "authorization", "Bearer t0ken", 2),
    ] {
        let mut request = wire::request(method, "/smoketest/")?;
        let value = value.parse().map_err(|error| format!("{value}: {error}"))?;
        request.headers_mut().insert(name, value);
        let answer = wire::send(site.address, request).await?;
        answer.is_verdict(200, "PASS")?;
        answer.contains(&format!("\ntests run: {run}\n"))?;
    }
    Ok(())
}
