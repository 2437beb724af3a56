//! Whole answers, byte for byte.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use http::Response;
use smoke_tower::{Client, Failure, Registry, Result, Test};
use support::{Answer, get, open};

fn registry() -> Registry {
    Registry::new()
        .build_id("4f2a91c")
        .instance("till-1")
        .app(smoke_tower::app(|| {
            tower::service_fn(
                async |request: http::Request<smoke_tower::smoke_core::AppBody>| {
                    let mut response = support::shop(request).await?;
                    let teapot = http::StatusCode::IM_A_TEAPOT;
                    *Response::status_mut(&mut response) = teapot;
                    Ok::<_, std::convert::Infallible>(response)
                },
            )
        }))
        .test(Test::new("shop::till::opens", async || {}))
        .test(
            Test::new("shop::users::can_log_in", async |client: Client| {
                client.get("/login").send().await?.ensure_status(418)?;
                Result::<()>::Ok(())
            })
            .description("A user can log in.")
            .tags(["users"]),
        )
}

fn failing() -> Registry {
    let failure = async || Err::<(), _>(Failure::new("balance must be 14,\nnot a PASS"));
    let error = async || {
        let source = std::io::Error::other("no route to the till");
        Err::<(), _>(smoke_tower::Error::from(source).context("cannot sell"))
    };
    registry()
        .test(Test::new("shop::till::balances", failure))
        .test(Test::new("shop::till::sells", error))
        .test(Test::new("shop::till::prints", async || {}).skip("no printer here"))
}

/// Status, headers and body, without what differs from run to run.
fn assert_answer(name: &str, answer: &Answer) {
    let mut settings = insta::Settings::clone_current();
    for (pattern, shown) in [
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[run]"),
        (r"\b\d+(\.\d+)?(ns|µs|ms|s)\b", "[time]"),
        (
            r#""(time|duration|waiting|sandbox|app_build|body)":\s*[0-9.e-]+"#,
            "\"$1\": [time]",
        ),
        (r#""age":\s*[0-9.e-]+"#, "\"age\": [time]"),
        (r#""started":\s*"[^"]+""#, "\"started\": \"[moment]\""),
        (r#""line":\s*\d+"#, "\"line\": [line]"),
        (r#""column":\s*\d+"#, "\"column\": [column]"),
        (r"answers\.rs:\d+(:\d+)?", "answers.rs:[line]"),
        (r"last-modified: .* GMT", "last-modified: [date]"),
        (r"content-length: \d+", "content-length: [length]"),
    ] {
        settings.add_filter(pattern, shown);
    }
    settings.set_snapshot_suffix("");
    let headers: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    let body = match serde_json::from_str::<serde_json::Value>(&answer.body) {
        Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
        Err(_) => answer.body.clone(),
    };
    let shown = format!("{}\n{}\n\n{body}", answer.status, headers.join("\n"));
    settings.bind(|| insta::assert_snapshot!(name, shown));
}

#[tokio::test]
async fn a_pass() {
    let shop = open(registry());
    assert_answer("pass_text", &get(&shop, "/smoketest/").await);
    let shop = open(registry());
    assert_answer("pass_json", &get(&shop, "/smoketest/?format=json").await);
}

#[tokio::test]
async fn a_fail() {
    let shop = open(failing());
    assert_answer("fail_text", &get(&shop, "/smoketest/").await);
    let shop = open(failing());
    let json = get(&shop, "/smoketest/?format=json").await;
    assert!(!json.body.contains("PASS"), "{}", json.body);
    assert_answer("fail_json", &json);
}

#[tokio::test]
async fn a_refusal() {
    let shop = open(registry());
    assert_answer("refusal_text", &get(&shop, "/smoketest/nowhere").await);
    assert_answer(
        "refusal_json",
        &get(&shop, "/smoketest/nowhere?format=json").await,
    );
}
