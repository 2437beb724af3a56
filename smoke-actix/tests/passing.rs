//! What is not ours passes through the middleware as if it were not there.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

#[path = "support/bare_and_wrapped.rs"]
mod bare_and_wrapped;
mod support;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]
#[path = "../../smoke-tower/tests/support/traffic.rs"]
mod traffic;

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpMessage, HttpRequest, web};
use bare_and_wrapped::served;
use smoke_actix::{
    CalledBySmokeTest, Client, Registry, Runner, Selection, SigningKey, Smoke, SmokeRequest, Test,
    app,
};
use support::{Server, ask};

#[tokio::test]
async fn an_event_stream_is_the_same_with_the_middleware_and_without() {
    let [bare, wrapped] = served();
    let (bare, wrapped) = (
        traffic::events(bare.address).await,
        traffic::events(wrapped.address).await,
    );
    let text = String::from_utf8_lossy(&bare);
    assert!(text.contains("content-type: text/event-stream") && text.contains("data: 99"));
    assert!(bare == wrapped, "{text}");
}

#[tokio::test]
async fn a_websocket_is_the_same_with_the_middleware_and_without() {
    let [bare, wrapped] = served();
    let (bare, wrapped) = (
        traffic::talk(bare.address).await,
        traffic::talk(wrapped.address).await,
    );
    let text = String::from_utf8_lossy(&bare);
    assert!(text.starts_with("HTTP/1.1 101 ") && text.contains("quokka"));
    assert!(bare == wrapped, "{text}");
}

async fn called(request: HttpRequest) -> String {
    let header = request.headers().contains_key(SmokeRequest::HEADER);
    match request.extensions().get::<CalledBySmokeTest>() {
        Some(called) => format!("{header} {}", called.test()),
        None => format!("{header} nobody"),
    }
}

#[tokio::test]
async fn the_header_of_other_services_smoke_tests_is_taken_off_and_believed_where_it_is_signed() {
    let key = || SigningKey::new([7; 32]).unwrap();
    let signed = Arc::new(Mutex::new(String::new()));
    let out = Arc::clone(&signed);
    let signs = move |client: Client| {
        let out = Arc::clone(&out);
        async move {
            let answer = client.get("/sign").send().await?.text()?;
            *out.lock().unwrap() = answer;
            Ok::<_, smoke_actix::Error>(())
        }
    };
    let sign = move |request: HttpRequest| {
        let smoke = request.extensions().get::<SmokeRequest>().cloned();
        let value = smoke.unwrap().sign(&key());
        async move { value.to_str().unwrap().to_owned() }
    };
    let registry = Registry::new()
        .app(app(move || {
            move || App::new().route("/sign", web::get().to(sign))
        }))
        .signing_key(key())
        .test(Test::new("shop::signs", signs));
    let runner = Runner::new(registry);
    let report = runner.run(Selection::fast()).await;
    assert!(report.verdict().is_pass(), "{report:#?}");
    let server = Server::start(move || {
        App::new()
            .route("/called", web::get().to(called))
            .wrap(Smoke::new(&runner))
    });
    let value = signed.lock().unwrap().clone();
    let name = SmokeRequest::HEADER;
    for (headers, wanted) in [
        (String::new(), "false nobody"),
        (format!("{name}: {value}\r\n"), "false shop::signs"),
        (format!("{name}: {value}x\r\n"), "false nobody"),
        (
            format!("{name}: {value}\r\n{name}: {value}\r\n"),
            "false nobody",
        ),
    ] {
        let answer = ask(server.address, "GET", "/called", &headers).await;
        assert_eq!(answer.body, wanted, "{headers}");
    }
}
