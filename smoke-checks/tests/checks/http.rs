//! `Http` and `Listener` with real servers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::get;
use smoke_checks::{Http, Listener};
use smoke_conformance::eventually;
use smoke_core::{Outcome, Scope};
use smoke_testing::PATIENCE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;

use crate::issued::{Authority, DAY};
use crate::support::run;

async fn serve(app: Router) -> String {
    let (listener, url) = listener().await;
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// As [`serve`], and handlers are told who asks.
async fn serve_with_peers(app: Router) -> String {
    let (listener, url) = listener().await;
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

fn payments() -> Router {
    let keyed = async |headers: HeaderMap| match headers.get("authorization") {
        Some(key) if key == "Bearer k3y" => (StatusCode::OK, "{\"status\":\"operational\"}"),
        _ => (StatusCode::UNAUTHORIZED, ""),
    };
    Router::new()
        .route("/status", get(keyed))
        .route("/empty", get(async || StatusCode::NO_CONTENT))
        .route("/moved", get(async || Redirect::to("/status?key=k3y")))
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/hangs", get(std::future::pending::<()>))
}

#[tokio::test]
async fn an_answer_as_it_should_be_passes() {
    let url = serve(payments()).await;
    let good = Http::get(format!("{url}/status"))
        .header("authorization", "Bearer k3y")
        .body_contains("\"operational\"");
    for check in [good, Http::get(format!("{url}/empty")).status(204)] {
        let test = run(check).await;
        assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
        assert_eq!(test.scope, Scope::Shared);
    }
}

#[tokio::test]
async fn any_other_answer_fails_and_no_key_is_shown() {
    let url = serve(payments()).await;
    let at = |path: &str| {
        Http::get(format!("{url}{path}?key=k3y")).header("authorization", "Bearer k3y")
    };
    for (check, said) in [
        (
            at("/status").header("authorization", "Bearer 0ld k3y"),
            "is the key still valid?",
        ),
        (
            at("/status").body_contains("degraded"),
            "answered without \"degraded\"",
        ),
        (
            at("/empty").status(200),
            "answered 204 No Content, and should answer 200",
        ),
        (
            at("/moved"),
            "answered 303 See Other to \"/status\", and should answer 2xx: redirects are not followed",
        ),
        (at("/broken"), "answered 500 Internal Server Error"),
        (at("/missing"), "was it moved?"),
        (
            at("/hangs").within(Duration::from_millis(50)),
            "nothing came within 50ms",
        ),
    ] {
        let test = run(check).await;
        assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
        assert!(!format!("{test:?}").contains("k3y"), "{test:?}");
        let message = test.message.unwrap();
        assert!(message.contains(said), "{message}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_errs_and_shows_no_secret() {
    for (check, said) in [
        (Http::get("shop.example/k3y"), "the URL cannot be read"),
        (
            Http::get("ftp://shop.example/k3y"),
            "neither http:// nor https://",
        ),
        (
            Http::get("https://me:k3y@shop.example/"),
            "write .header(\"authorization\", ..)",
        ),
        (
            Http::get("https://shop.example/").header("authorization", "k3y\n"),
            "the header \"authorization\"",
        ),
    ] {
        let test = run(check).await;
        assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
        assert!(!format!("{test:?}").contains("k3y"), "{test:?}");
        let message = test.message.unwrap();
        assert!(message.contains(said), "{message}");
    }
}

/// A service whose answers have no end.
async fn streams() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            // Whoever is answered before it has asked gives up, and so does who has no more time.
            let asked = stream.read_exact(&mut [0; 3]).await;
            let begun =
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: operational\n\n";
            if asked.is_ok() && stream.write_all(begun).await.is_ok() {
                open.push(stream);
            }
        }
    });
    url
}

#[tokio::test]
async fn an_answer_without_an_end_is_read_as_far_as_the_check_needs() {
    let url = streams().await;
    let get = || Http::get(&url).within(PATIENCE);
    let test = run(Listener::at(&url).within(PATIENCE)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    for check in [get(), get().body_contains("operational")] {
        let test = run(check).await;
        assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    }
    let test = run(get().status(204).body_contains("degraded")).await;
    let message = test.message.unwrap();
    assert!(message.contains("answered 200 OK, and should"), "{message}");
    // On a busy machine the head may not come in time, either.
    let check = || {
        get()
            .body_contains("degraded")
            .within(Duration::from_millis(50))
    };
    let words = "answered, and \"degraded\" was not in what came: no more of it came in time";
    let says_so = |test: &smoke_core::TestReport| {
        test.message
            .as_ref()
            .is_some_and(|said| said.contains(words))
    };
    let test = eventually(PATIENCE, async || run(check()).await, says_so);
    assert_eq!(test.await.unwrap().outcome, Outcome::Failed);
}

#[tokio::test]
async fn a_listener_behind_tls_is_asked_by_the_name_that_users_call_it_by() {
    let end = SystemTime::now() + 90 * DAY;
    let authority = Authority::until(end);
    let port = authority.serve(authority.issue("shop.example", end)).await;
    let at = || Listener::at(format!("https://127.0.0.1:{port}/")).ca_file(authority.file.path());
    let test = run(at().host("shop.example")).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    let test = run(at()).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(
        message.contains("its certificate is of another name"),
        "{message}"
    );
}

#[tokio::test]
async fn a_listener_that_sheds_load_fails_and_says_so_and_passes_when_it_does_not() {
    let (inside, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (inside, go_on) = (inside.clone(), go_on.clone());
        async move || {
            inside.notify_one();
            go_on.notified().await;
        }
    };
    let shed = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(async |_| {
            StatusCode::SERVICE_UNAVAILABLE
        }))
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::new(1));
    let app = Router::new()
        .route("/slow", get(slow))
        .route("/", get(async || "shop"))
        .layer(shed);
    let url = serve(app).await;
    let test = run(Listener::at(&url)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");

    let user = tokio::spawn(run(
        Listener::at(format!("{url}/slow")).within(Duration::from_secs(60))
    ));
    inside.notified().await;
    let test = run(Listener::at(&url)).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    // One that sheds load is not taken out of traffic.
    assert_eq!(test.scope, Scope::Shared);
    let message = test.message.unwrap();
    assert!(
        message.contains("answered 503 Service Unavailable") && message.contains("it sheds load"),
        "{message}"
    );
    go_on.notify_one();
    let test = user.await.unwrap();
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
}

#[tokio::test]
async fn a_listener_that_tells_no_handler_who_asks_fails_where_one_wants_to_know() {
    let own = async |ConnectInfo(peer): ConnectInfo<SocketAddr>| match peer.ip().is_loopback() {
        true => StatusCode::OK,
        false => StatusCode::FORBIDDEN,
    };
    let app = Router::new().route("/", get(own));
    let url = serve_with_peers(app.clone()).await;
    let test = run(Listener::at(url)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    let url = serve(app).await;
    let test = run(Listener::at(url)).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    let said = "answered 500 Internal Server Error";
    assert!(message.contains(said), "{message}");
}

#[tokio::test]
async fn a_listener_that_is_not_there_fails() {
    let (listener, url) = listener().await;
    drop(listener);
    let test = run(Listener::at(url)).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(message.contains("nothing listens there"), "{message}");
}
