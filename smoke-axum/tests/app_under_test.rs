//! A router as the application under test.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::MockConnectInfo;
use axum::extract::{ConnectInfo, OriginalUri, Request};
use axum::routing::{get, post};
use smoke_axum::smoke_core::TestReport;
use smoke_axum::{
    Client, Outcome, Registry, Result, Runner, Selection, Test, app, service_app, try_app,
    try_service_app,
};
use tower::Layer;
use tower::util::MapRequestLayer;

fn router() -> Router {
    Router::new()
        .route("/", get(async || "the shop"))
        .route(
            "/peer",
            get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()),
        )
        .nest(
            "/api",
            Router::new().route(
                "/where",
                get(async |uri: OriginalUri| uri.path().to_owned()),
            ),
        )
}

fn registry() -> Registry {
    Registry::new().app(app(router))
}

/// Runs one test and says what became of it.
async fn run(registry: Registry) -> TestReport {
    let report = Runner::new(registry).run(Selection::fast()).await;
    report.tests.into_iter().next().unwrap()
}

async fn assert_passes(registry: Registry) {
    let test = run(registry).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}

/// Fails unless the answer to GET is this text.
async fn expect(client: &Client, path: &str, wanted: &str) -> Result {
    let text = client.get(path).send().await?.text()?;
    if text == wanted {
        Ok(())
    } else {
        Err(format!("{path} is {text:?}").into())
    }
}

#[tokio::test]
async fn a_nested_route_knows_the_whole_path() {
    async fn is_nested(client: Client) -> Result {
        expect(&client, "/api/where", "/api/where").await
    }
    assert_passes(registry().test(Test::new("shop::is_nested", is_nested))).await;
}

#[tokio::test]
async fn the_peer_is_this_host_unless_the_test_says_otherwise() {
    async fn has_a_peer(client: Client) -> Result {
        expect(&client, "/peer", "127.0.0.1:0").await?;
        let peer: SocketAddr = "192.0.2.1:80".parse()?;
        let request = client.get("/peer").extension(ConnectInfo(peer));
        match request.send().await?.text()?.as_str() {
            "192.0.2.1:80" => Ok(()),
            other => Err(other.to_owned().into()),
        }
    }
    assert_passes(registry().test(Test::new("shop::has_a_peer", has_a_peer))).await;
}

#[tokio::test]
async fn a_peer_of_another_type_can_be_mocked_by_the_factory() {
    async fn has_a_peer(client: Client) -> Result {
        expect(&client, "/", "till 7").await
    }
    let mocked = || {
        Router::new()
            .route("/", get(async |peer: ConnectInfo<&'static str>| peer.0))
            .layer(MockConnectInfo("till 7"))
    };
    let registry = Registry::new().app(app(mocked));
    assert_passes(registry.test(Test::new("shop::has_a_peer", has_a_peer))).await;
}

async fn opens(client: Client) -> Result {
    expect(&client, "/", "the shop").await
}

#[tokio::test]
async fn a_factory_may_be_plain_async_or_fallible() {
    let registry = || Registry::new().test(Test::new("shop::opens", opens));
    assert_passes(registry().app(app(router))).await;
    assert_passes(registry().app(app(async || router()))).await;
    assert_passes(registry().app(app(|| Ok::<_, String>(router())))).await;
    assert_passes(registry().app(app(async || std::io::Result::Ok(router())))).await;
    assert_passes(registry().app(try_app(|| Ok(router())))).await;
    assert_passes(registry().app(try_app(async || Ok(router())))).await;
    assert_passes(registry().app(try_service_app(async || Ok(router())))).await;
    let failing = try_app(async || {
        let number: u16 = "x".parse()?;
        Ok(router().route("/number", get(async move || number.to_string())))
    });
    let test = run(registry().app(failing)).await;
    let said = test.message.unwrap();
    assert!(said.ends_with("invalid digit found in string"), "{said}");
}

#[tokio::test]
async fn a_factory_that_panics_or_fails_errors_the_test_and_not_the_process() {
    let registry = || Registry::new().test(Test::new("shop::opens", opens));
    // axum panics at a route that it cannot make.
    let broken = run(registry().app(app(|| Router::new().route("no-slash", get(""))))).await;
    assert_eq!(broken.outcome, Outcome::Errored);
    let said = broken.message.unwrap();
    assert!(said.starts_with("the application under test could not be built: "));
    assert!(said.contains("Paths must start with"), "{said}");
    assert!(
        said.contains("a process can have once, such as a global recorder"),
        "{said}"
    );
    assert!(broken.place.unwrap().file.ends_with("app_under_test.rs"));
    let failing = run(registry().app(app(|| Err::<Router, _>("no stock")))).await;
    assert_eq!(failing.outcome, Outcome::Errored);
    assert_eq!(
        failing.message.as_deref(),
        Some("the application under test could not be built: no stock")
    );
}

#[tokio::test]
async fn a_layer_around_the_router_is_at_work() {
    let around = || {
        let lower = MapRequestLayer::new(|mut request: Request| {
            *request.uri_mut() = "/".parse().unwrap();
            request
        });
        lower.layer(router())
    };
    async fn is_moved(client: Client) -> Result {
        expect(&client, "/moved", "the shop").await
    }
    let registry = Registry::new().app(service_app(around));
    assert_passes(registry.test(Test::new("shop::is_moved", is_moved))).await;
}

/// What the test says whose POST does not end well, though it minds neither.
async fn posts(registry: Registry, path: &'static str, limit: Duration) -> String {
    let body = move |client: Client| async move {
        let request = client.post(path).send();
        let _ = tokio::time::timeout(limit, request).await;
    };
    let test = run(registry.test(Test::new("shop::posts", body))).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
    test.message.unwrap()
}

#[tokio::test]
async fn a_write_that_is_given_up_or_panics_without_a_sandbox_is_bypassed() {
    let routes = || {
        Router::new()
            .route("/waits", post(std::future::pending::<&str>))
            .route("/panics", post(async || -> &str { panic!("no till") }))
    };
    let (moment, long) = (Duration::from_millis(1), Duration::from_secs(10));
    for (path, limit, end) in [
        ("/waits", moment, "was dropped before"),
        ("/panics", long, "panicked"),
    ] {
        let said = posts(Registry::new().app(app(routes)), path, limit).await;
        assert!(said.starts_with(&format!("POST {path} {end}")), "{said}");
        assert!(
            said.contains("is the application using another pool?"),
            "{said}"
        );
    }
}

#[cfg(feature = "html")]
#[tokio::test]
async fn a_form_with_a_file_is_read_by_the_extractor_for_multipart() {
    use axum::extract::Multipart;
    use axum::response::Html;

    const PAGE: &str = r#"<form action=/sign-up method=post enctype=multipart/form-data>
        <input type=hidden name=csrf value=t7><textarea name=about></textarea>
        <input type=file name=avatar><input type=file name=papers multiple></form>"#;

    async fn sign_up(mut parts: Multipart) -> String {
        let mut text = String::new();
        while let Some(part) = parts.next_field().await.unwrap() {
            let name = part.name().unwrap().to_owned();
            let file = part.file_name().map(str::to_owned);
            let media_type = part.content_type().map(str::to_owned);
            let bytes = part.bytes().await.unwrap();
            text += &format!("{name} {file:?} {media_type:?} {bytes:?}\n");
        }
        text
    }

    async fn signs_up(client: Client) -> Result {
        let page = client.get("/").send().await?.html()?;
        let form = page.form("form")?.set("about", "é\n\"me\"")?;
        let form = form.attach("avatar", "ä \"1\".png", "image/png", &b"\x89PNG\r\n--"[..])?;
        let answer = form.submit().without_database().send().await?;
        let text = answer.ensure_status(200)?.text()?;
        let wanted = r#"csrf None None b"t7"
about None None b"\xc3\xa9\r\n\"me\""
avatar Some("ä %221%22.png") Some("image/png") b"\x89PNG\r\n--"
papers Some("") Some("application/octet-stream") b""
"#;
        smoke_axum::ensure_eq!(text, wanted);
        Ok(())
    }

    let router = || {
        Router::new()
            .route("/", get(async || Html(PAGE)))
            .route("/sign-up", post(sign_up))
    };
    let registry = Registry::new().app(app(router));
    assert_passes(registry.test(Test::new("shop::signs_up", signs_up))).await;
}
