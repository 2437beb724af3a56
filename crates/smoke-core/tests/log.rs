//! What a FAIL leaves in the log.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Request, Response};
use smoke_conformance::eventually;
use smoke_core::{
    AnswerBody, Ask, Asker, CalledBySmokeTest, Endpoint, Failure, Limits, Registry, Result, Runner,
    Selection, SmokeRequest, Test,
};
use smoke_testing::{Log, PATIENCE};
use tokio::sync::Semaphore;

/// The log of this process, in which each test looks for its own: runs have threads of their own, so it is one for all.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .without_time()
            .init();
        log
    })
}

/// The lines with all of these parts.
fn lines(parts: &[&str]) -> Vec<String> {
    let mut lines = log().lines();
    lines.retain(|line| parts.iter().all(|part| line.contains(part)));
    lines
}

/// The only line with all of these parts.
async fn only(parts: &[&str]) -> String {
    let mut found = all(1, parts).await;
    found.remove(0)
}

/// So many lines with all of these parts, and no more: those of tests come after the answer.
async fn all(count: usize, parts: &[&str]) -> Vec<String> {
    let look = async || lines(parts);
    let found = eventually(PATIENCE, look, |found| found.len() >= count);
    let found = found.await.unwrap();
    assert_eq!(found.len(), count, "{parts:?}: {found:#?}");
    found
}

/// The answer to a request of somebody at 10.0.0.7.
async fn asked(endpoint: &Endpoint, request: http::request::Builder) -> Response<AnswerBody> {
    let peer: SocketAddr = ([10, 0, 0, 7], 51112).into();
    let request = request.extension(peer).body(()).unwrap();
    let route = endpoint.route(request.uri().path()).unwrap();
    endpoint.answer(route, &request.into_parts().0).await
}

fn run_of(response: &Response<AnswerBody>) -> &str {
    response.headers()["x-smoke-run"].to_str().unwrap()
}

fn fails(name: &str) -> Test {
    Test::new(name, || -> Result {
        Err(Failure::new("total must be 14,\nat postgres://app:hunter2@db/app").into())
    })
}

#[tokio::test]
async fn a_fail_that_a_stranger_asked_for_leaves_its_causes() {
    log();
    let errs = || -> Result { Err(anyhow::anyhow!("no route").context("cannot sell").into()) };
    let registry = Registry::new()
        .token("t0ken-of-the-shop")
        .limits(Limits::default().reuse(Duration::ZERO))
        .test(fails("causes::adds_up"))
        .test(Test::new("causes::sells", errs))
        .test(Test::new("causes::opens", || {}))
        .test(Test::new("causes::prints", || {}).skip("no printer"));
    let endpoint = Endpoint::new(Runner::new(registry));
    let get = || Request::get("/smoketest/?format=json").header("user-agent", "curl/8.5.0");
    let answer = asked(&endpoint, get()).await;
    let run = &*run_of(&answer).to_owned();
    let body = answer.into_body().into_bytes().unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("total must be"));

    let line = only(&[run, "smoke tests ran"]).await;
    for part in [
        " WARN smoke: ",
        "asked_by=\"GET /smoketest/ (stranger)\"",
        "peer=10.0.0.7:51112",
        "user_agent=\"curl/8.5.0\"",
        "failed=1",
        "errored=1",
        "causes::adds_up failed: total must be 14,",
        "causes::sells errored: cannot sell (caused by: no route)",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    for (test, outcome, cause) in [
        ("adds_up", "failed", "at postgres://app:***@db/app"),
        ("sells", "errored", "cannot sell (caused by: no route)"),
    ] {
        let line = only(&[
            run,
            "a smoke test did not pass",
            &format!("test=\"causes::{test}\""),
        ])
        .await;
        for part in [
            " WARN smoke: ",
            &format!("outcome={outcome}"),
            cause,
            "peer=10.0.0.7:51112",
            "user_agent=\"curl/8.5.0\"",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
    all(3, &[run]).await;
    assert!(lines(&["hunter2"]).is_empty() && lines(&["t0ken-of"]).is_empty());

    // Within the same minute there is no other line of a test; that of the run has the causes.
    let again = asked(&endpoint, get()).await;
    let line = only(&[run_of(&again), "smoke tests ran"]).await;
    assert!(
        line.contains("causes::adds_up failed: total must be 14"),
        "{line}"
    );
}

#[tokio::test]
async fn a_run_names_its_first_ten_failures() {
    log();
    let registry = (0..13).fold(Registry::new(), |registry, at| {
        registry.test(fails(&format!("many::t{at:02}")))
    });
    let report = Runner::new(registry).run(Selection::fast()).await;
    let line = only(&[&report.run, "smoke tests ran"]).await;
    assert!(line.contains("asked_by=\"the application\""), "{line}");
    for at in 0..13 {
        let name = format!("many::t{at:02} failed: total");
        assert_eq!(line.contains(&name), at < 10, "{line}");
    }
    assert!(line.contains("; and 3 more\""), "{line}");
    all(13, &[&report.run, "a smoke test did not pass"]).await;
}

#[tokio::test]
async fn a_pass_is_one_line() {
    log();
    let runner = Runner::new(Registry::new().test(Test::new("passes::opens", || {})));
    let asker = Asker::new("the gate").user_agent("gate/1.0");
    let answer = runner.ask(Ask::new(Selection::fast()).by(asker)).await;
    let line = only(&[&answer.report.run]).await;
    for part in [
        " INFO smoke: ",
        "asked_by=\"the gate\"",
        "user_agent=\"gate/1.0\"",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[tokio::test]
async fn thirty_wrong_tokens_are_one_line() {
    log();
    let registry = Registry::new()
        .token("t0ken-of-the-till")
        .test(Test::new("refused::opens", || {}));
    let endpoint = Endpoint::new(Runner::new(registry));
    let mut runs = Vec::new();
    for at in 0..30 {
        let request = Request::get("/smoketest/wrong-token")
            .header("authorization", format!("Bearer guess-{at}"))
            .header("user-agent", format!("guesser/{at}"));
        let answer = asked(&endpoint, request).await;
        assert_eq!(answer.status(), 401);
        runs.push(run_of(&answer).to_owned());
    }
    let line = only(&["/smoketest/wrong-token"]).await;
    for part in [
        " WARN smoke: no smoke tests ran",
        &runs[0],
        "peer=10.0.0.7:51112",
        "user_agent=\"guesser/0\"",
        "the right token is needed",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(lines(&["guess-"]).is_empty() && lines(&["t0ken-of"]).is_empty());
}

#[tokio::test]
async fn a_refused_start_has_a_line_with_its_run() {
    log();
    let gate = Arc::new(Semaphore::new(0));
    let held = {
        let gate = Arc::clone(&gate);
        move || {
            let gate = Arc::clone(&gate);
            async move { drop(gate.acquire().await) }
        }
    };
    let limits = Limits::default().runs_at_once(1).runs_waiting(0);
    let registry = Registry::new()
        .token("t0ken")
        .limits(limits)
        .test(Test::new("starts::is_slow", held).slow())
        .test(Test::new("starts::opens", || {}));
    let runner = Runner::new(registry);
    let mut events = runner.events();
    let endpoint = Endpoint::new(&runner);
    let slow = tokio::spawn({
        let runner = runner.clone();
        async move { runner.run(Selection::slow()).await }
    });
    let begun = tokio::time::timeout(PATIENCE, events.recv()).await;
    begun.expect("the run begins in time").unwrap();
    let trusted = || Request::post("/smoketest/").header("authorization", "Bearer t0ken");
    let busy = asked(&endpoint, trusted()).await;
    let line = only(&[run_of(&busy)]).await;
    assert!(
        line.contains("busy: as many runs as the limits allow"),
        "{line}"
    );
    assert!(line.contains("POST /smoketest/ (trusted)"), "{line}");
    // Strangers who are busy too do not keep others' lines back.
    runner.pause();
    for _ in 0..3 {
        let answer = asked(&endpoint, Request::get("/smoketest/")).await;
        assert_eq!(answer.status(), 503);
    }
    let off = asked(&endpoint, trusted()).await;
    let line = only(&[run_of(&off)]).await;
    assert!(
        line.contains("switched off: the runner is paused"),
        "{line}"
    );
    let needs = asked(&endpoint, Request::post("/smoketest/")).await;
    let line = only(&[run_of(&needs)]).await;
    assert!(line.contains("a new run need the token"), "{line}");
    gate.close();
    assert!(slow.await.unwrap().verdict().is_pass());
}

#[tokio::test]
async fn what_an_attacker_sends_is_cut_and_escaped_and_redacted() {
    log();
    let runner = Runner::new(
        Registry::new()
            .open()
            .test(Test::new("forged::opens", || {})),
    );
    let endpoint = Endpoint::new(runner);
    let agent = [
        "x-attack \x1b[2J\u{202e} run=\"0\" password=hunter3 ".as_bytes(),
        &[b'z'; 4000],
    ]
    .concat();
    let agent: Vec<u8> = agent.into_iter().filter(|byte| *byte != 0x1b).collect();
    let path = format!("/smoketest/{}", "y".repeat(4000));
    let request = Request::get(path).header("user-agent", agent);
    let answer = asked(&endpoint, request).await;
    let line = only(&[run_of(&answer)]).await;
    assert!(line.len() < 1000, "{} bytes: {line}", line.len());
    assert!(line.contains("x-attack"), "{line}");
    assert!(
        !line.contains('\u{202e}') && !line.contains("hunter3"),
        "{line}"
    );
    // A selection is anybody's where everything is open.
    let forged = "/smoketest/?select=forged%0A%20WARN%20smoke:%20nobody";
    let answer = asked(&endpoint, Request::get(forged)).await;
    let line = only(&[run_of(&answer)]).await;
    assert!(line.contains("nobody"), "{line}");
}

#[tokio::test]
async fn thirty_forged_headers_are_one_line() {
    log();
    let endpoint = Endpoint::new(Runner::new(
        Registry::new().test(Test::new("headers::opens", || {})),
    ));
    let before = lines(&["x-smoke-request"]).len();
    for at in 0..30 {
        let request = Request::get("/").header(SmokeRequest::HEADER, format!("v1;{at}"));
        let mut request = request.body(()).unwrap();
        endpoint.receive(&mut request);
        assert!(request.extensions().get::<CalledBySmokeTest>().is_none());
        assert!(!request.headers().contains_key(SmokeRequest::HEADER));
    }
    // No other test of this file sends one.
    assert_eq!((before, lines(&["x-smoke-request"]).len()), (0, 1));
}
