//! The form of an answer.

use http::header::{ACCEPT, HeaderValue};
use smoke_core::{Failure, Registry, Test};

use crate::adapter::bench::{Bench, passing};
use crate::adapter::stack::Stack;
use crate::adapter::wire::{self, Answer};

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

pub(super) async fn negotiated<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    for (target, accept, wanted) in [
        ("/smoketest/", "*/*", TEXT),
        ("/smoketest", JSON, JSON),
        (
            "/smoketest/",
            "text/html,application/xml;q=0.9,*/*;q=0.8",
            TEXT,
        ),
        ("/smoketest/", ";;;", TEXT),
        ("/smoketest/", "", TEXT),
        ("/smoketest/?format=text", JSON, TEXT),
        ("/smoketest/?format=json", "text/plain", JSON),
        ("/smoketest/nowhere", JSON, JSON),
    ] {
        let answer = wire::send(site.address, wire::with_header(target, "accept", accept)?).await?;
        is_of_type(&answer, wanted).map_err(|error| format!("{target} for {accept:?}: {error}"))?;
    }
    let mut broken = wire::with_header("/smoketest/", "x-mark", "1")?;
    let odd = HeaderValue::from_bytes(b"\xff/\xfe").map_err(|error| error.to_string())?;
    broken.headers_mut().insert(ACCEPT, odd);
    is_of_type(&wire::send(site.address, broken).await?, TEXT)
}

fn is_of_type(answer: &Answer, wanted: &str) -> Result<(), String> {
    let is_json = serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok();
    if answer.header("content-type") == wanted
        && answer.header("vary") == "Accept"
        && is_json == (wanted == JSON)
        && answer.headers.contains_key("x-smoke-status")
    {
        return Ok(());
    }
    Err(format!("{wanted} was expected, and this came: {answer:?}"))
}

pub(super) async fn unknown<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    for (query, said) in [
        ("format=xml", "\"xml\""),
        ("select=shop::[", "is not a valid glob pattern"),
        ("skip=", "a pattern is empty"),
    ] {
        let answer = site.get(&format!("/smoketest/?{query}")).await?;
        answer.is_verdict(400, "FAIL")?;
        answer.contains(said)?;
        if answer.header("x-smoke-reason") != "request" {
            return Err(format!("{query}: the reason is missing: {answer:?}"));
        }
    }
    Ok(())
}

pub(super) async fn foreign_parameters<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    for query in [
        "uptime_kuma_cachebuster=0.12",
        "a=b&c",
        "&&=",
        "%ff=%",
        "x",
        "",
    ] {
        let answer = site.get(&format!("/smoketest/?{query}")).await?;
        answer
            .is_verdict(200, "PASS")
            .map_err(|error| format!("{query}: {error}"))?;
    }
    Ok(())
}

pub(super) async fn headers<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let registry =
        passing().test(Test::new("shop::breaks", async || Err::<(), _>("broken")).slow());
    let site = bench.serve(registry.open()).await?;
    for (target, status) in [
        ("/smoketest/", 200),
        ("/smoketest/?format=json", 200),
        ("/smoketest/slow/", 503),
        ("/smoketest/?select=nobody", 503),
        ("/smoketest/nowhere", 404),
    ] {
        let answer = site.get(target).await?;
        let length = answer.body.len().to_string();
        let verdict = if status == 200 { "PASS" } else { "FAIL" };
        answer.is_verdict(status, verdict)?;
        for (name, wanted) in [
            ("content-length", length.as_str()),
            ("cache-control", "no-store"),
            ("vary", "Accept"),
            ("x-robots-tag", "noindex"),
            ("x-smoke-build", "4f2a91c"),
            ("x-smoke-instance", "till-1"),
            ("etag", ""),
            ("transfer-encoding", ""),
            ("location", ""),
        ] {
            if answer.header(name) != wanted {
                return Err(format!("{target}: {name} is to be {wanted:?}: {answer:?}"));
            }
        }
        for name in ["last-modified", "x-smoke-run"] {
            if answer.header(name).is_empty() {
                return Err(format!("{target}: {name} is missing: {answer:?}"));
            }
        }
    }
    Ok(())
}

pub(super) async fn conditional<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    for (name, value) in [
        ("if-none-match", "*"),
        ("if-modified-since", "Fri, 31 Dec 2100 23:59:59 GMT"),
        ("if-unmodified-since", "Sat, 01 Jan 2000 00:00:00 GMT"),
        ("if-match", "\"x\""),
        ("range", "bytes=0-3"),
        ("accept-encoding", "gzip"),
    ] {
        let answer =
            wire::send(site.address, wire::with_header("/smoketest/", name, value)?).await?;
        answer
            .is_verdict(200, "PASS")
            .map_err(|error| format!("{name}: {error}"))?;
        answer
            .contains("\ntests run: 1\n")
            .map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

pub(super) async fn the_opposite<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let failing = async || Err::<(), _>(Failure::new("must PASS, and PASSED before"));
    let registry = Registry::new()
        .build_id("PASS")
        .test(
            Test::new("shop::PASS::must_PASS", failing)
                .description("PASS")
                .tags(["PASS"]),
        )
        .test(Test::new("shop::FAIL::does_not_FAIL", async || {}));
    let site = bench.serve(registry.open()).await?;
    for (query, status, verdict, opposite) in [
        ("", 503, "FAIL", "PASS"),
        ("?select=PASS", 503, "FAIL", "PASS"),
        ("?format=PASS", 400, "FAIL", "PASS"),
        ("?select=shop::FAIL", 200, "PASS", "FAIL"),
    ] {
        for accept in ["*/*", JSON] {
            let asking = wire::with_header(&format!("/smoketest/{query}"), "accept", accept)?;
            let answer = wire::send(site.address, asking).await?;
            answer.is_verdict(status, verdict)?;
            if answer.text().contains(opposite) {
                return Err(format!(
                    "{opposite} is in the body of a {verdict}: {answer:?}"
                ));
            }
        }
    }
    Ok(())
}
