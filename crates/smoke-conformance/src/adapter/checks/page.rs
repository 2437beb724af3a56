//! The page for people.

use http::{HeaderValue, Method};

use crate::adapter::bench::{Bench, Open};
use crate::adapter::planted::{SECRETS, TOKEN, asked, registry, shows_no_secret};
use crate::adapter::stack::Stack;
use crate::adapter::wire::{self, Answer};

const PAGE: &str = "/smoketest/page";
/// `ops` and the token, as a browser sends them.
const BASIC: &str = "Basic b3BzOnQwa2VuLW9mLXRoZS1zaG9w";
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const WRONG: &str = "Basic b3BzOndyb25n";

async fn sent(
    site: &Open,
    method: Method,
    target: &str,
    headers: &[(&'static str, &'static str)],
) -> Result<Answer, String> {
    let mut request = wire::request(method, target)?;
    for (name, value) in headers {
        let value = HeaderValue::from_static(value);
        request.headers_mut().insert(*name, value);
    }
    wire::send(site.address, request).await
}

fn is_page(answer: &Answer, status: u16) -> Result<(), String> {
    let html = answer.header("content-type") == "text/html; charset=utf-8";
    let guarded = answer.header("content-security-policy") == POLICY
        && answer.header("x-content-type-options") == "nosniff"
        && answer.header("cache-control") == "no-store";
    if answer.status == status && html && guarded && answer.text().starts_with("<!DOCTYPE html>") {
        return Ok(());
    }
    Err(format!("a page was expected with {status}: {answer:?}"))
}

fn has_status(answer: &Answer, status: u16) -> Result<(), String> {
    match answer.status == status {
        true => Ok(()),
        false => Err(format!("{status} was expected: {answer:?}")),
    }
}

pub(super) async fn shown<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(registry(bench).token(TOKEN)).await?;
    let first = asked(&site, Method::GET, PAGE, Some(TOKEN)).await?;
    is_page(&first, 200)?;
    first.contains("no run yet")?;
    let run = asked(&site, Method::GET, "/smoketest/?format=html", Some(TOKEN)).await?;
    is_page(&run, 503)?;
    for page in [&run, &asked(&site, Method::GET, PAGE, Some(TOKEN)).await?] {
        if page.header("x-smoke-status") != "FAIL" || page.text().contains("PASS") {
            return Err(format!("it is a FAIL and nothing else: {page:?}"));
        }
        SECRETS
            .iter()
            .filter(|secret| !["numbat"].contains(secret))
            .try_for_each(|detail| page.contains(detail))?;
        page.contains("class=\"failed\" data-test=\"shop::fails\"")?;
        page.contains("shop::counts")?;
        page.contains("<svg")?;
    }
    for (part, kind) in [
        ("style.css", "text/css"),
        ("script.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let target = format!("{PAGE}/{part}");
        let answer = asked(&site, Method::GET, &target, None).await?;
        has_status(&answer, 200)?;
        if !answer.header("content-type").starts_with(kind) || answer.body.is_empty() {
            return Err(format!("{target}: {answer:?}"));
        }
        let posted = asked(&site, Method::POST, &target, Some(TOKEN)).await?;
        posted.is_verdict(405, "FAIL")?;
    }
    let head = asked(&site, Method::HEAD, PAGE, Some(TOKEN)).await?;
    has_status(&head, 200)?;
    if !head.body.is_empty() {
        return Err(format!("HEAD has a body: {head:?}"));
    }
    asked(&site, Method::GET, "/smoketest/page/nothing", Some(TOKEN))
        .await?
        .is_verdict(404, "FAIL")
}

pub(super) async fn accept_alone<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(registry(bench)).await?;
    let accept = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let answer = sent(&site, Method::GET, "/smoketest/", &[accept]).await?;
    answer.is_verdict(503, "FAIL")
}

pub(super) async fn strangers<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(registry(bench).token(TOKEN)).await?;
    // What the trusted have seen is no stranger's.
    asked(&site, Method::POST, "/smoketest/slow/", Some(TOKEN)).await?;
    let nothing = asked(&site, Method::GET, PAGE, None).await?;
    is_page(&nothing, 200)?;
    shows_no_secret(&nothing)?;
    if nothing.text().contains("shop::counts") {
        return Err(format!("a stranger sees slow tests: {nothing:?}"));
    }
    let run = asked(&site, Method::GET, "/smoketest/?format=html", None).await?;
    is_page(&run, 503)?;
    for page in [run, asked(&site, Method::GET, PAGE, None).await?] {
        page.contains("shop::fails")?;
        shows_no_secret(&page)?;
        if page.text().contains("<form") || page.text().contains("data-events") {
            return Err(format!(
                "a stranger is offered what is not theirs: {page:?}"
            ));
        }
    }
    let site = bench
        .serve(registry(bench).token(TOKEN).require_token())
        .await?;
    let refused = asked(&site, Method::GET, PAGE, None).await?;
    refused.is_verdict(401, "FAIL")?;
    match refused.header("www-authenticate").starts_with("Basic ") {
        true => Ok(()),
        false => Err(format!("a browser is not asked for the token: {refused:?}")),
    }
}

pub(super) async fn logs_in<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(registry(bench).token(TOKEN)).await?;
    let login = format!("{PAGE}?login");
    for headers in [&[][..], &[("authorization", WRONG)]] {
        let answer = sent(&site, Method::GET, &login, headers).await?;
        answer.is_verdict(401, "FAIL")?;
        if !answer.header("www-authenticate").starts_with("Basic ") {
            return Err(format!("a browser is not asked for the token: {answer:?}"));
        }
    }
    let basic = ("authorization", BASIC);
    for target in [&login, PAGE] {
        let page = sent(&site, Method::GET, target, &[basic]).await?;
        is_page(&page, 200)?;
        page.contains("till-1")?;
        page.contains("<form")?;
    }
    // A browser sends it with everything below the prefix.
    let text = sent(&site, Method::GET, "/smoketest/", &[basic]).await?;
    text.contains("kangaroo")?;
    let other = ("sec-fetch-site", "cross-site");
    is_page(&sent(&site, Method::GET, PAGE, &[basic, other]).await?, 200)?;
    let slow = sent(&site, Method::GET, "/smoketest/slow/", &[basic, other]).await?;
    slow.is_verdict(403, "FAIL")?;
    // Elsewhere nobody is asked for a password.
    let slow = sent(&site, Method::GET, "/smoketest/slow/", &[]).await?;
    match slow.header("www-authenticate").starts_with("Bearer ") {
        true => Ok(()),
        false => Err(format!("a program is asked for a password: {slow:?}")),
    }
}

pub(super) async fn forged<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let with_token = bench.serve(registry(bench).token(TOKEN)).await?;
    let open = bench.serve(registry(bench).open()).await?;
    let basic = ("authorization", BASIC);
    let (own, other) = (
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "cross-site"),
    );
    let origin = ("origin", "http://shop.example");
    let evil = ("origin", "http://evil.example");
    for target in ["/smoketest/", "/smoketest/page?run=slow"] {
        for headers in [&[basic, other][..], &[basic, evil], &[basic]] {
            let answer = sent(&with_token, Method::POST, target, headers).await?;
            answer.is_verdict(403, "FAIL")?;
            if answer.text().contains("shop::") {
                return Err(format!("{target}: a test was run: {answer:?}"));
            }
        }
        for headers in [&[other][..], &[evil]] {
            let answer = sent(&open, Method::POST, target, headers).await?;
            answer.is_verdict(403, "FAIL")?;
        }
        for headers in [&[basic, own][..], &[basic, origin]] {
            let answer = sent(&with_token, Method::POST, target, headers).await?;
            has_status(&answer, if target == "/smoketest/" { 503 } else { 303 })?;
        }
    }
    let bearer = ("authorization", "Bearer t0ken-of-the-shop");
    let answer = sent(&with_token, Method::POST, "/smoketest/", &[bearer, evil]).await?;
    answer.is_verdict(503, "FAIL")?;
    let page = asked(&with_token, Method::GET, PAGE, Some(TOKEN)).await?;
    page.contains("POST /smoketest/page (trusted)")
}
