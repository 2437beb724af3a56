//! Whom the endpoint trusts without the one token.

use http::Method;
use smoke_core::Registry;

use crate::adapter::bench::{Bench, Open, passing};
use crate::adapter::stack::{Feature, Stack};
use crate::adapter::wire;

/// Whether whoever sends these headers may have the slow tests run.
async fn is_trusted(site: &Open, headers: &[(&'static str, &str)]) -> Result<bool, String> {
    let mut request = wire::request(Method::GET, "/smoketest/slow/")?;
    for (name, value) in headers {
        let value = value.parse().map_err(|error| format!("{value}: {error}"))?;
        request.headers_mut().append(*name, value);
    }
    let answer = wire::send(site.address, request).await?;
    match answer.status.as_u16() {
        200 => {
            answer.is_verdict(200, "PASS")?;
            answer.contains("\ntests run: 2\n")?;
            Ok(true)
        }
        status @ (401 | 403) => {
            answer.is_verdict(status, "FAIL")?;
            Ok(false)
        }
        _ => Err(format!("a verdict or a refusal was expected: {answer:?}")),
    }
}

async fn expect(
    site: &Open,
    headers: &[(&'static str, &str)],
    trusted: bool,
) -> Result<(), String> {
    let is = is_trusted(site, headers).await?;
    if is == trusted {
        return Ok(());
    }
    Err(format!("{headers:?}: trusted is {is}, and not {trusted}"))
}

pub(super) async fn several_tokens<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let registry = passing().token("t0ken-of-today").token("t0ken-of-tomorrow");
    let site = bench.serve(registry).await?;
    for (token, trusted) in [
        ("Bearer t0ken-of-today", true),
        ("Bearer t0ken-of-tomorrow", true),
        ("Bearer t0ken-of-yesterday", false),
    ] {
        expect(&site, &[("authorization", token)], trusted).await?;
    }
    Ok(())
}

/// All that reach the suite's servers come from there.
fn this_machine() -> Registry {
    passing().allow(["127.0.0.0/8", "::1"])
}

pub(super) async fn networks<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(this_machine()).await?;
    expect(&site, &[], bench.has(Feature::PeerAddress)).await?;
    let site = bench
        .serve(passing().allow(["10.0.0.0/8", "2001:db8::/32"]))
        .await?;
    expect(&site, &[], false).await
}

pub(super) async fn passed_on<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    for registry in [this_machine(), this_machine().proxies(["192.0.2.1"])] {
        let site = bench.serve(registry).await?;
        for header in [
            ("forwarded", "for=127.0.0.1"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-for", "192.0.2.1"),
            ("via", "1.1 proxy"),
            ("x-real-ip", "127.0.0.1"),
        ] {
            expect(&site, &[header], false).await?;
        }
    }
    Ok(())
}

pub(super) async fn proxies<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let registry = passing().allow(["10.0.0.0/8"]);
    let site = bench
        .serve(registry.proxies(["127.0.0.1", "192.0.2.0/24"]))
        .await?;
    let known = bench.has(Feature::PeerAddress);
    for client in [
        [("x-forwarded-for", "10.0.0.7")].as_slice(),
        &[("x-forwarded-for", "10.0.0.7, 192.0.2.1")],
        &[
            ("x-forwarded-for", "10.0.0.7"),
            ("x-forwarded-for", "192.0.2.1"),
        ],
        &[("forwarded", "for=10.0.0.7;proto=https")],
        &[("x-forwarded-for", "10.0.0.7"), ("via", "2.0 proxy")],
    ] {
        expect(&site, client, known).await?;
    }
    for stranger in [
        [].as_slice(),
        &[("x-forwarded-for", "203.0.113.5")],
        &[("x-forwarded-for", "10.0.0.7, 203.0.113.5")],
        &[("x-forwarded-for", "203.0.113.5, 10.0.0.7")],
        &[
            ("x-forwarded-for", "203.0.113.5"),
            ("forwarded", "for=10.0.0.7"),
        ],
        &[
            ("x-forwarded-for", "10.0.0.7"),
            ("via", "1.1 other, 2.0 proxy"),
        ],
        &[("via", "2.0 proxy")],
    ] {
        expect(&site, stranger, false).await?;
    }
    Ok(())
}

pub(super) async fn closures<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let registry = passing().allow_if(|head| head.headers.contains_key("x-till"));
    let site = bench.serve(registry).await?;
    expect(&site, &[("x-till", "1")], true).await?;
    expect(&site, &[], false).await
}
