//! How probers use connections.

use std::time::Duration;

use bytes::Bytes;
use smoke_core::{Event, Limits, Registry};

use crate::adapter::bench::{Bench, passing};
use crate::adapter::gated::Gated;
use crate::adapter::stack::Stack;
use crate::adapter::wire::{self, Connection, exchange};

pub(super) async fn without_host<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    for (request, status, starts) in [
        ("GET /smoketest/ HTTP/1.0\r\n\r\n", " 200 ", "PASS\n"),
        (
            "GET /smoketest HTTP/1.0\r\nConnection: close\r\n\r\n",
            " 200 ",
            "PASS\n",
        ),
        (
            "POST /smoketest/ HTTP/1.0\r\nContent-Length: 6\r\n\r\na body",
            " 200 ",
            "PASS\n",
        ),
        (
            "OPTIONS /smoketest/ HTTP/1.0\r\nConnection: close\r\n\r\n",
            " 503 ",
            "FAIL\n",
        ),
        (
            "GET /smoketest/?format=text HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n",
            " 200 ",
            "PASS\n",
        ),
    ] {
        let answer = exchange(site.address, request).await?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        let length = format!("\r\ncontent-length: {}", body.len());
        let line = head.lines().next().unwrap_or_default();
        if !line.contains(status)
            || !body.starts_with(starts)
            || !head.to_lowercase().contains(&length)
        {
            return Err(format!("{request:?} was answered {answer:?}"));
        }
    }
    for request in [
        "HEAD /smoketest/ HTTP/1.0\r\n\r\n",
        "HEAD /smoketest/ HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n",
    ] {
        let answer = exchange(site.address, request).await?;
        if !answer.ends_with("\r\n\r\n") || !answer.contains(" 200 ") {
            return Err(format!("{request:?} was answered {answer:?}"));
        }
    }
    Ok(())
}

pub(super) async fn kept<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    let mut connection = Connection::open(site.address).await?;
    connection
        .get("/smoketest/")
        .await?
        .is_verdict(200, "PASS")?;
    connection.get("/hello").await?.is_of_the_application()?;
    connection
        .get("/smoketest/slow?format=json")
        .await?
        .is_verdict(200, "PASS")?;
    connection
        .get("/smoketest/nowhere")
        .await?
        .is_verdict(404, "FAIL")?;
    let head = wire::request(http::Method::HEAD, "/smoketest/")?;
    connection.send(head).await?;
    let body = wire::post("/smoketest/", wire::whole("a body"))?;
    connection.send(body).await?.is_verdict(200, "PASS")?;
    connection.get("/hello").await?.is_of_the_application()
}

pub(super) async fn unread<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    // A body that looks like a request. Servers may close the connection on whoever sends one
    // that nobody reads; what they may not do is to answer it.
    let chunks: Vec<Bytes> = vec![
        "GET /smoketest/nowhere HTTP/1.1\r\n".into(),
        "Host: x\r\n\r\n".into(),
    ];
    let whole = Bytes::from(chunks.concat());
    for body in [wire::whole(whole), wire::chunked(chunks)] {
        let mut connection = Connection::open(site.address).await?;
        let answer = connection.send(wire::post("/smoketest/", body)?).await?;
        answer.is_verdict(200, "PASS")?;
        if let Ok(next) = connection.get("/hello").await {
            next.is_of_the_application()?;
        }
    }
    Ok(())
}

pub(super) async fn broken_off<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let gated = Gated::new();
    let limits = Limits::default().reuse(Duration::from_secs(60));
    let registry = Registry::new().test(gated.test("shop::opens"));
    let site = bench.serve(registry.limits(limits).open()).await?;
    let mut events = site.runner.events();
    let asking = tokio::spawn(exchange(site.address, "GET /smoketest/ HTTP/1.0\r\n\r\n"));
    gated.begun(&asking).await?;
    // Drops the connection.
    asking.abort();
    let _ = asking.await;
    // When the server sees it is not known; one more answer gives it the time.
    site.get("/hello").await?.is_of_the_application()?;
    gated.open();
    let report = loop {
        match events.recv().await.map_err(|error| error.to_string())? {
            Event::RunFinished { report, .. } => break report,
            _ => continue,
        }
    };
    if !report.verdict().is_pass() {
        return Err(format!("the run was not a pass: {report:?}"));
    }
    let answer = site.get("/smoketest/").await?;
    if answer.header("x-smoke-run") == report.run && gated.count() == 1 {
        return Ok(());
    }
    Err(format!(
        "the report was lost: {} runs, {answer:?}",
        gated.count()
    ))
}
