//! Who may see and do what.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use smoke_tower::{Client, Provided, Registry, SmokeLayer, Test};
use support::{Answer, Shop, ask, layered, request, with_header};

const TOKEN: &str = "t0ken-of-the-shop";

/// What only operators may see: parts of a message, of a cause, of a page of the application, of
/// a provided value, of a description, a tag, the path of a request, and of a file's name.
const SECRETS: [&str; 9] = [
    "kangaroo",
    "wombat",
    "platypus",
    "echidna",
    "quokka",
    "numbat",
    "dingo",
    "access.rs",
    TOKEN,
];

#[derive(Debug)]
struct Till {
    holds: &'static str,
}

#[derive(Debug)]
struct Wrapped(std::io::Error);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the kangaroo is out")
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn panics(till: Provided<Till>) {
    panic!("the till holds {}", till.holds);
}

fn registry() -> Registry {
    Registry::new()
        .instance("till-1")
        .provide(Till { holds: "echidna" })
        .app(smoke_tower::app(|| {
            tower::service_fn(async |_: Request<smoke_tower::AppBody>| {
                let mut page = Response::new(Full::<Bytes>::from("platypus"));
                *page.status_mut() = StatusCode::IM_A_TEAPOT;
                Ok::<_, std::convert::Infallible>(page)
            })
        }))
        .test(
            Test::new("shop::reads_a_page", async |client: Client| {
                let page = client.get("/dingo").send().await?;
                page.ensure_status(200)?;
                smoke_tower::Result::<()>::Ok(())
            })
            .description("quokka")
            .tags(["numbat"]),
        )
        .test(Test::new("shop::breaks", async || {
            Err::<(), _>(Wrapped(std::io::Error::other("wombat")))
        }))
        .test(Test::new("shop::panics", panics))
        .test(Test::new("shop::counts", async || {}).slow())
}

async fn with_token(shop: &Shop, method: Method, uri: &str, token: &str) -> Answer {
    let mut request = request(method, uri);
    let value = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert("authorization", value);
    ask(shop.clone(), request).await
}

fn assert_no_secret(answer: &Answer) {
    let shown = format!("{:?}\n{}", answer.headers, answer.body).to_lowercase();
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[tokio::test]
async fn strangers_see_names_and_outcomes_and_nothing_of_the_application() {
    for registry in [registry(), registry().token(TOKEN)] {
        let shop = layered(SmokeLayer::new(registry));
        for (uri, accept) in [
            ("/smoketest/", "*/*"),
            ("/smoketest/", "application/json"),
            ("/smoketest/?format=json", "*/*"),
        ] {
            let answer = ask(shop.clone(), with_header(uri, "accept", accept)).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(answer.body.contains("shop::breaks"), "{}", answer.body);
            assert_no_secret(&answer);
        }
        let answer = ask(shop, request(Method::GET, "/smoketest/")).await;
        assert!(
            answer
                .body
                .contains("\ntests failed: 1\ntests errored: 2\n"),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn strangers_may_ask_for_the_fast_tests_only() {
    let without = layered(SmokeLayer::new(registry()));
    let with = layered(SmokeLayer::new(registry().token(TOKEN)));
    for (method, uri) in [
        (Method::GET, "/smoketest/slow/"),
        (Method::GET, "/smoketest/?select=shop::opens"),
        (Method::GET, "/smoketest/?skip=shop::opens"),
        (Method::GET, "/smoketest/?fail_fast"),
        (Method::POST, "/smoketest/"),
    ] {
        let answer = ask(without.clone(), request(method.clone(), uri)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {uri}");
        assert_eq!(answer.first_line(), "FAIL");
        assert_no_secret(&answer);

        let answer = ask(with.clone(), request(method.clone(), uri)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {uri}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        assert_eq!(answer.first_line(), "FAIL");
        assert_no_secret(&answer);
    }
}

#[tokio::test]
async fn the_token_gives_everything() {
    let shop = layered(SmokeLayer::new(registry().token(TOKEN)));
    let answer = with_token(&shop, Method::GET, "/smoketest/?format=json", TOKEN).await;
    for detail in SECRETS.iter().filter(|secret| **secret != TOKEN) {
        assert!(
            answer.body.contains(detail),
            "{detail} is not in {}",
            answer.body
        );
    }
    assert!(!answer.body.contains(TOKEN));
    for (method, uri, run) in [
        (Method::GET, "/smoketest/slow/", 4),
        (Method::POST, "/smoketest/", 3),
        (Method::GET, "/smoketest/?select=shop::breaks", 1),
    ] {
        let answer = with_token(&shop, method, uri, TOKEN).await;
        assert!(
            answer.body.contains(&format!("\ntests run: {run}\n")),
            "{uri}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused_whatever_is_asked_for() {
    let shop = layered(SmokeLayer::new(registry().token(TOKEN)));
    for uri in [
        "/smoketest/",
        "/smoketest/slow/",
        "/smoketest/nowhere",
        "/smoketest/?format=json",
    ] {
        for token in [
            "",
            "wrong",
            "t0ken-of-the-shop-and-more",
            "T0KEN-OF-THE-SHOP",
        ] {
            let answer = with_token(&shop, Method::GET, uri, token).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{uri} {token:?}");
            assert_eq!(answer.header("x-smoke-status"), "FAIL");
            assert!(!answer.body.contains("shop::"), "{}", answer.body);
            assert_no_secret(&answer);
        }
    }
}

#[tokio::test]
async fn where_a_token_is_required_strangers_see_nothing_at_all() {
    let shop = layered(SmokeLayer::new(registry().token(TOKEN).require_token()));
    for uri in ["/smoketest/", "/smoketest/slow/", "/smoketest/nowhere"] {
        let answer = ask(shop.clone(), request(Method::GET, uri)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{uri}");
        assert!(!answer.body.contains("shop::"), "{}", answer.body);
        assert_no_secret(&answer);
    }
    let answer = with_token(&shop, Method::GET, "/smoketest/", TOKEN).await;
    assert!(answer.body.contains("shop::breaks"));
}

#[tokio::test]
async fn an_open_endpoint_gives_everything_to_everybody() {
    let shop = layered(SmokeLayer::new(registry().open()));
    let answer = ask(
        shop.clone(),
        request(Method::GET, "/smoketest/slow/?format=json"),
    )
    .await;
    for detail in ["kangaroo", "wombat", "platypus"] {
        assert!(answer.body.contains(detail), "{detail}");
    }
    let answer = ask(
        shop,
        request(Method::POST, "/smoketest/?select=shop::breaks"),
    )
    .await;
    assert!(answer.body.contains("\ntests run: 1\n"));
}
