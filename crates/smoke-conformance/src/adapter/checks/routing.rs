//! Which requests are the endpoint's.

use http::Method;

use crate::adapter::bench::{Bench, Open, passing};
use crate::adapter::stack::Stack;
use crate::adapter::wire::{self, exchange};

pub(super) async fn at_the_prefix<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    answers_at(&site, "/smoketest").await?;
    let target = "GET http://shop.example/smoketest/?x=1 HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
    let absolute = exchange(site.address, target).await?;
    if absolute.starts_with("HTTP/1.1 200 ") && absolute.contains("\r\n\r\nPASS\n") {
        return Ok(());
    }
    Err(format!(
        "an absolute target is not routed by its path: {absolute:?}"
    ))
}

async fn answers_at(site: &Open, prefix: &str) -> Result<(), String> {
    for (path, tests) in [("", 1), ("/", 1), ("/slow", 2), ("/slow/", 2)] {
        let answer = site.get(&format!("{prefix}{path}")).await?;
        answer.is_verdict(200, "PASS")?;
        answer.contains(&format!("\ntests run: {tests}\n"))?;
    }
    Ok(())
}

pub(super) async fn beside_the_prefix<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    for path in [
        "/",
        "/smoketests",
        "/smoketest.html",
        "/Smoketest/",
        "/x/smoketest/",
        "//smoketest/",
        "/smoketest%2F",
        "/?/smoketest/",
        "/hello?x=/smoketest/",
    ] {
        let answer = site.get(path).await?;
        answer
            .is_of_the_application()
            .map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

pub(super) async fn unknown_under_the_prefix<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    for path in [
        "/smoketest//",
        "/smoketest/fast",
        "/smoketest/slow/er",
        "/smoketest/hello",
    ] {
        let answer = site.get(path).await?;
        answer
            .is_verdict(404, "FAIL")
            .map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

pub(super) async fn another_prefix<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench
        .serve_at(Some("/internal/smoke"), passing().open())
        .await?;
    answers_at(&site, "/internal/smoke").await?;
    site.get("/internal/smoke/nowhere")
        .await?
        .is_verdict(404, "FAIL")?;
    for path in ["/smoketest/", "/internal", "/internal/", "/internal/smokes"] {
        let answer = site.get(path).await?;
        answer
            .is_of_the_application()
            .map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

pub(super) async fn other_methods<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    let purge = Method::from_bytes(b"PURGE").map_err(|error| error.to_string())?;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, purge] {
        for path in ["/smoketest", "/smoketest/", "/smoketest/slow/"] {
            let answer = wire::send(site.address, wire::request(method.clone(), path)?).await?;
            answer
                .is_verdict(405, "FAIL")
                .map_err(|error| format!("{method} {path}: {error}"))?;
            if answer.header("allow") != "GET, HEAD, OPTIONS, POST" {
                return Err(format!(
                    "{method} {path}: Allow is {:?}",
                    answer.header("allow")
                ));
            }
        }
    }
    Ok(())
}

pub(super) async fn head<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    for path in ["/smoketest/", "/smoketest/slow", "/smoketest/?format=json"] {
        let got = site.get(path).await?;
        got.is_verdict(200, "PASS")?;
        let head = wire::send(site.address, wire::request(Method::HEAD, path)?).await?;
        if !head.body.is_empty() || head.status != got.status {
            return Err(format!("{path}: HEAD got {head:?}, and GET {got:?}"));
        }
        // The same run answers both, the second time with its age.
        let shown = |headers: &http::HeaderMap| {
            let shown = headers
                .iter()
                .filter(|(name, _)| !["age", "date"].contains(&name.as_str()));
            let mut lines: Vec<_> = shown
                .map(|(name, value)| format!("{name}: {value:?}"))
                .collect();
            lines.sort();
            lines
        };
        if shown(&head.headers) != shown(&got.headers) {
            return Err(format!(
                "{path}: HEAD got {:?}, and GET {:?}",
                head.headers, got.headers
            ));
        }
        if head.header("content-length") != got.body.len().to_string() {
            return Err(format!(
                "{path}: the length of {} bytes is not sent: {head:?}",
                got.body.len()
            ));
        }
    }
    Ok(())
}

pub(super) async fn post<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    let mut runs = vec![
        site.get("/smoketest/").await?,
        site.get("/smoketest").await?,
    ];
    if runs[0].header("x-smoke-run") != runs[1].header("x-smoke-run") {
        return Err("two GET in a row are two runs".to_owned());
    }
    if runs[0].headers.contains_key("age") || runs[1].header("age").parse::<u32>().is_err() {
        return Err(format!("only what is used again has an age: {runs:?}"));
    }
    runs.remove(1);
    let chunks = vec!["a ".into(), "body".into()];
    for body in [
        wire::whole(""),
        wire::whole("a body"),
        wire::chunked(chunks),
    ] {
        let answer = wire::send(site.address, wire::post("/smoketest/", body)?).await?;
        answer.is_verdict(200, "PASS")?;
        if runs
            .iter()
            .any(|run| run.header("x-smoke-run") == answer.header("x-smoke-run"))
        {
            return Err(format!("POST was answered from an earlier run: {answer:?}"));
        }
        runs.push(answer);
    }
    Ok(())
}
