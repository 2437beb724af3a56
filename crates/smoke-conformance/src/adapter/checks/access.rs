//! Who may see and do what.

use http::Method;

use crate::adapter::bench::Bench;
use crate::adapter::planted::{IN_PROCESS, SECRETS, TOKEN, asked, registry, shows_no_secret};
use crate::adapter::stack::Stack;
use crate::adapter::wire::Answer;

pub(super) async fn strangers_see<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    for registry in [registry(bench), registry(bench).token(TOKEN)] {
        let site = bench.serve(registry).await?;
        for target in ["/smoketest/?format=text", "/smoketest/?format=json"] {
            let answer = asked(&site, Method::GET, target, None).await?;
            answer.is_verdict(503, "FAIL")?;
            answer.contains("shop::breaks")?;
            shows_no_secret(&answer)?;
        }
        let answer = asked(&site, Method::GET, "/smoketest/", None).await?;
        answer.contains("\ntests passed: 0\n")?;
    }
    Ok(())
}

pub(super) async fn strangers_ask<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let without = bench.serve(registry(bench)).await?;
    let with = bench.serve(registry(bench).token(TOKEN)).await?;
    for (method, target) in [
        (Method::GET, "/smoketest/slow/"),
        (Method::HEAD, "/smoketest/slow/"),
        (Method::GET, "/smoketest/?select=shop::breaks"),
        (Method::GET, "/smoketest/?skip=shop::breaks"),
        (Method::GET, "/smoketest/?fail_fast"),
        (Method::POST, "/smoketest/"),
    ] {
        for (site, status) in [(&without, 403), (&with, 401)] {
            let answer = asked(site, method.clone(), target, None).await?;
            let said = answer.header("x-smoke-status") == "FAIL";
            let asks = answer.header("www-authenticate").starts_with("Bearer");
            if answer.status != status || !said || asks != (status == 401) {
                return Err(format!(
                    "{method} {target}: {status} was expected: {answer:?}"
                ));
            }
            if answer.text().contains("shop::") {
                return Err(format!("{method} {target}: a test was run: {answer:?}"));
            }
            shows_no_secret(&answer)?;
        }
    }
    Ok(())
}

pub(super) async fn the_token<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(registry(bench).token(TOKEN)).await?;
    let answer = asked(&site, Method::GET, "/smoketest/?format=json", Some(TOKEN)).await?;
    sees_everything(bench, &answer)?;
    if answer.text().contains(TOKEN) {
        return Err(format!("the token is shown: {answer:?}"));
    }
    let fast = answer_counts(&answer)?;
    for (method, target, run) in [
        (Method::GET, "/smoketest/slow/", fast + 1),
        (Method::POST, "/smoketest/", fast),
        (Method::GET, "/smoketest/?select=shop::breaks", 1),
    ] {
        let answer = asked(&site, method, target, Some(TOKEN)).await?;
        answer.contains(&format!("\ntests run: {run}\n"))?;
    }
    Ok(())
}

fn answer_counts(answer: &Answer) -> Result<u64, String> {
    let json: serde_json::Value =
        serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    json["tests_run"]
        .as_u64()
        .ok_or_else(|| format!("no tests_run: {answer:?}"))
}

fn sees_everything<S: Stack>(bench: &Bench<S>, answer: &Answer) -> Result<(), String> {
    let in_process: &[&str] = if bench.app().is_some() {
        &IN_PROCESS
    } else {
        &[]
    };
    SECRETS
        .iter()
        .chain(in_process)
        .try_for_each(|detail| answer.contains(detail))
}

pub(super) async fn a_wrong_token<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(registry(bench).token(TOKEN)).await?;
    let targets = [
        "/smoketest/",
        "/smoketest/slow/",
        "/smoketest/nowhere",
        "/smoketest/?format=json",
    ];
    for target in targets {
        for token in [
            "",
            "wrong",
            "t0ken-of-the-shop-and-more",
            "T0KEN-OF-THE-SHOP",
        ] {
            is_refused(&asked(&site, Method::GET, target, Some(token)).await?)?;
        }
    }
    Ok(())
}

pub(super) async fn a_required_token<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench
        .serve(registry(bench).token(TOKEN).require_token())
        .await?;
    for target in ["/smoketest/", "/smoketest/slow/", "/smoketest/nowhere"] {
        is_refused(&asked(&site, Method::GET, target, None).await?)?;
    }
    let answer = asked(&site, Method::GET, "/smoketest/", Some(TOKEN)).await?;
    answer.contains("shop::breaks")
}

fn is_refused(answer: &Answer) -> Result<(), String> {
    answer.is_verdict(401, "FAIL")?;
    if answer.text().contains("shop::") || answer.headers.contains_key("x-smoke-instance") {
        return Err(format!("too much is shown: {answer:?}"));
    }
    shows_no_secret(answer)
}

pub(super) async fn open<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(registry(bench).open()).await?;
    let answer = asked(&site, Method::GET, "/smoketest/slow/?format=json", None).await?;
    sees_everything(bench, &answer)?;
    let answer = asked(&site, Method::POST, "/smoketest/?select=shop::breaks", None).await?;
    answer.contains("\ntests run: 1\n")
}
