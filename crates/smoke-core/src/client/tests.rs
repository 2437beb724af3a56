use std::error::Error as StdError;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::*;
use crate::app::fake::{self, answer};
use crate::{AppBody, Error, ErrorKind, Failure, RequestError};

#[derive(Clone)]
struct Peer(&'static str);

/// Answers with the request as it came: a line with method and target, its headers, its body.
async fn echo() -> (Client, Context) {
    client(|request: Request<AppBody>| async move {
        let (head, body) = request.into_parts();
        let mut text = format!("{} {}\n", head.method, head.uri);
        for (name, value) in &head.headers {
            text.push_str(&format!("{name}: {}\n", value.to_str()?));
        }
        if let Some(Peer(address)) = head.extensions.get() {
            text.push_str(&format!("peer {address}\n"));
        }
        let body = body.collect().await?.to_bytes();
        text.push_str(std::str::from_utf8(&body)?);
        Ok(http::Response::new(fake::body(text)))
    })
    .await
}

async fn client<F, Fut>(handler: F) -> (Client, Context)
where
    F: Fn(Request<AppBody>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<http::Response<AppBody>, Box<dyn StdError + Send + Sync>>>
        + Send
        + 'static,
{
    let cx = fake::context(&[], handler).await;
    (cx.get().await.unwrap(), cx)
}

/// The answer of an application that always gives this one.
async fn answered(status: u16, body: &'static str) -> Response {
    let (client, _cx) = client(move |_| async move {
        let mut answer = answer(status, body)?;
        let headers = answer.headers_mut();
        headers.insert("location", HeaderValue::from_static("/login"));
        headers.append("x-kind", HeaderValue::from_static("a"));
        headers.append("x-kind", HeaderValue::from_static("b"));
        answer.extensions_mut().insert(Peer("here"));
        Ok(answer)
    })
    .await;
    client.get("/users?token=secret").send().await.unwrap()
}

async fn sent(request: RequestBuilder) -> String {
    let response = request.without_database().send().await.unwrap();
    response.text().unwrap()
}

async fn refused(request: RequestBuilder) -> String {
    match request.send().await {
        Err(error @ RequestError::Invalid { .. }) => format!("{:#}", Error::from(error)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_method_has_its_function() {
    let (client, _cx) = echo().await;
    for (request, line) in [
        (client.get("/a?b=c"), "GET /a?b=c"),
        (client.head("/"), "HEAD /"),
        (client.options("/"), "OPTIONS /"),
        (client.post("/"), "POST /"),
        (client.put("/"), "PUT /"),
        (client.patch("/"), "PATCH /"),
        (client.delete(String::from("/")), "DELETE /"),
        (client.request(Method::TRACE, "/"), "TRACE /"),
    ] {
        assert_eq!(sent(request).await.lines().next(), Some(line));
    }
}

#[tokio::test]
async fn a_request_has_the_headers_that_a_client_sends() {
    let (client, _cx) = echo().await;
    assert_eq!(sent(client.get("/")).await, "GET /\nhost: localhost\n");
    assert_eq!(
        sent(client.post("/")).await,
        "POST /\ncontent-length: 0\nhost: localhost\n"
    );
    let request = client.get("/").header("Host", "example.com");
    assert_eq!(sent(request).await, "GET /\nhost: example.com\n");
}

#[tokio::test]
async fn bodies_set_their_type_unless_there_is_one() {
    let (client, _cx) = echo().await;
    let body = json!({ "a": 1 });
    assert_eq!(
        sent(client.put("/").json(&body)).await,
        "PUT /\ncontent-type: application/json\ncontent-length: 7\nhost: localhost\n{\"a\":1}"
    );
    for request in [
        client.put("/").json(&body).header(CONTENT_TYPE, "x/y"),
        client.put("/").header(CONTENT_TYPE, "x/y").json(&body),
    ] {
        assert_eq!(
            sent(request).await,
            "PUT /\ncontent-type: x/y\ncontent-length: 7\nhost: localhost\n{\"a\":1}"
        );
    }
    assert_eq!(
        sent(client.delete("/").form(&[("a", "1 2"), ("b", "&")])).await,
        "DELETE /\ncontent-type: application/x-www-form-urlencoded\ncontent-length: 11\n\
         host: localhost\na=1+2&b=%26"
    );
    assert_eq!(
        sent(client.post("/").json(&body).body("plain")).await,
        "POST /\ncontent-length: 5\nhost: localhost\nplain"
    );
    let request = client.post("/").body(vec![b'x']).header(CONTENT_LENGTH, 9);
    assert_eq!(
        sent(request).await,
        "POST /\ncontent-length: 9\nhost: localhost\nx"
    );
}

#[tokio::test]
async fn headers_are_added_and_a_map_of_them_replaces() {
    let (client, _cx) = echo().await;
    let request = client.get("/").header("a", "1").header("a", 2);
    let text = sent(request).await;
    assert!(text.contains("a: 1\na: 2\n"), "{text}");
    let mut map = HeaderMap::new();
    map.append("a", HeaderValue::from_static("3"));
    map.append("a", HeaderValue::from_static("4"));
    let request = client
        .get("/")
        .header("a", "1")
        .header("b", "1")
        .headers(map);
    let text = sent(request).await;
    assert!(
        text.contains("a: 3\na: 4\n") && text.contains("b: 1\n"),
        "{text}"
    );
    assert!(!text.contains("a: 1"), "{text}");
}

#[tokio::test]
async fn tokens_cookies_queries_and_extensions_are_sent() {
    let (client, _cx) = echo().await;
    let request = client
        .get("/a?b=c")
        .bearer("old")
        .bearer("abc")
        .header("cookie", "x=1")
        .cookie("y", "2")
        .cookie("z", "3")
        .query(&[("d", "e f")])
        .query(&[] as &[(&str, &str)])
        .extension(Peer("127.0.0.1"));
    assert_eq!(
        sent(request).await,
        "GET /a?b=c&d=e+f\nauthorization: Bearer abc\ncookie: x=1; y=2; z=3\nhost: localhost\n\
         peer 127.0.0.1\n"
    );
}

#[tokio::test]
async fn what_cannot_be_made_is_an_error_when_it_is_sent() {
    let (client, cx) = echo().await;
    for (request, message) in [
        (
            client.get("users?token=secret"),
            r#"GET users cannot be sent: a path begins with a slash: write "/users""#,
        ),
        (
            client.post("http://user:secret@example.com/users"),
            r#"POST /users cannot be sent: a request goes to the application under test and needs no host: write "/users""#,
        ),
        (
            client.get("/").header("a b", "c"),
            "GET / cannot be sent: a header's name cannot be used: invalid HTTP header name",
        ),
        (
            client.get("/").header("a", "secret\n").header("a b", ""),
            "GET / cannot be sent: the value of the header a cannot be used: failed to parse header value",
        ),
        (
            client.get("/").bearer("secret\n"),
            "GET / cannot be sent: the value of the header authorization cannot be used: failed to parse header value",
        ),
        (
            client.get("/").cookie("a=", "b"),
            r#"GET / cannot be sent: a cookie cannot have the name "a=": letters, digits, - and _ are safe"#,
        ),
        (
            client.get("/").cookie("a", "secret; b=1"),
            "GET / cannot be sent: the value of the cookie a cannot be sent as it is: percent-encode it",
        ),
        (
            client.get("/").cookie("a", "secret\n1"),
            "GET / cannot be sent: the value of the cookie a cannot be sent as it is: percent-encode it",
        ),
        (
            client.get("/").query(&7),
            "GET / cannot be sent: the query cannot be encoded: top-level serializer supports only maps and structs",
        ),
        (
            client.post("/").form("a"),
            "POST / cannot be sent: the form cannot be encoded: top-level serializer supports only maps and structs",
        ),
    ] {
        assert_eq!(refused(request).await, message);
    }
    let unnamed = std::collections::HashMap::from([((), 1)]);
    let message = refused(client.post("/").json(&unnamed)).await;
    assert!(message.contains("cannot be written as JSON"), "{message}");
    assert_eq!(cx.remains().requests, []);
}

#[tokio::test]
async fn the_options_of_a_request_reach_the_edge() {
    let (client, _cx) = echo().await;
    let sent = client.post("/").send().await;
    assert!(matches!(sent, Err(RequestError::Rollback { .. })));
    let sent = client.get("/").max_body(3).send().await;
    assert!(matches!(sent, Err(RequestError::TooLarge { limit: 3, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_test_sends_from_its_thread() {
    let (client, cx) = echo().await;
    let body = move || client.get("/").send_blocking().unwrap().text().unwrap();
    let text = crate::blocking::on_thread(&cx, body).await.unwrap();
    assert_eq!(text, "GET /\nhost: localhost\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_with_a_block_where_others_are_polled_is_an_error() {
    fn ensure_refused(client: &Client) {
        let sent = client.get("/users?a").send_blocking();
        match sent {
            Err(error @ RequestError::Blocking { .. }) => assert_eq!(
                error.to_string(),
                "GET /users cannot be sent: a blocking call in asynchronous code would block its \
                 thread: use the asynchronous form and .await it"
            ),
            other => panic!("{other:?}"),
        }
    }
    let (client, cx) = echo().await;
    ensure_refused(&client);
    let inside = cx.clone();
    let body = move || {
        inside.block_on(async { ensure_refused(&client) }).unwrap();
        client.get("/").send_blocking().unwrap();
        let own = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        own.block_on(async { ensure_refused(&client) });
        client.get("/").send_blocking().unwrap();
        // A runtime that others can go on with is not held up.
        let own = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        own.block_on(async { client.get("/").send_blocking().unwrap() });
    };
    crate::blocking::on_thread(&cx, body).await.unwrap();
}

#[tokio::test]
async fn an_answer_shows_what_it_has() {
    let answer = answered(200, r#"{"a":1}"#).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.header("X-Kind"), Some("a"));
    assert_eq!(answer.header("no such header"), None);
    assert_eq!(answer.headers().get_all("x-kind").iter().count(), 2);
    assert_eq!(answer.extensions().get::<Peer>().unwrap().0, "here");
    assert_eq!(answer.trailers(), None);
    assert_eq!(answer.bytes(), r#"{"a":1}"#);
    assert_eq!(answer.text().unwrap(), r#"{"a":1}"#);
    assert_eq!(answer.json::<Value>().unwrap(), json!({ "a": 1 }));
    assert_eq!(
        format!("{answer:?}"),
        r#"Response { request: "GET /users", status: 200, body_bytes: 7, .. }"#
    );
    assert_eq!(answer.into_http().into_body(), Bytes::from(r#"{"a":1}"#));
}

#[tokio::test]
async fn what_holds_returns_the_answer() {
    let answer = answered(200, "").await;
    let answer = answer.ensure_status(200).unwrap();
    let answer = answer.ensure_status(StatusCode::OK).unwrap();
    let answer = answer.ensure_success().unwrap();
    answer.ensure_header("x-kind", "b").unwrap();
    let answer = answered(303, "").await;
    answer.ensure_redirect_to("/login").unwrap();
}

#[tokio::test]
async fn what_does_not_hold_names_the_request_and_shows_the_answer() {
    type Ensure = fn(Response) -> Result<(), Failure>;
    async fn message(status: u16, body: &'static str, ensure: Ensure) -> String {
        ensure(answered(status, body).await)
            .unwrap_err()
            .to_string()
    }
    let cases: [(u16, &str, Ensure, &str); 9] = [
        (
            422,
            "{\n}",
            |it| it.ensure_status(201).map(drop),
            r"GET /users answered 422 Unprocessable Entity, wanted 201; body: {\n}",
        ),
        (
            200,
            "",
            |it| it.ensure_status(StatusCode::CREATED).map(drop),
            "GET /users answered 200 OK, wanted 201 Created; body: (empty body)",
        ),
        (
            303,
            "x",
            |it| it.ensure_success().map(drop),
            "GET /users answered 303 See Other, wanted a success; body: x",
        ),
        (
            200,
            "x",
            |it| it.ensure_redirect_to("/login").map(drop),
            "GET /users answered 200 OK, wanted a redirect to /login; body: x",
        ),
        (
            303,
            "x",
            |it| it.ensure_redirect_to("/").map(drop),
            r#"GET /users answered with the header location "/login", wanted "/""#,
        ),
        (
            200,
            "x",
            |it| it.ensure_header("x-kind", "c").map(drop),
            r#"GET /users answered with the header x-kind "a" and "b", wanted "c""#,
        ),
        (
            200,
            "x",
            |it| it.ensure_header("x-other", "c").map(drop),
            r#"GET /users answered without the header x-other, wanted "c""#,
        ),
        (
            200,
            "{}",
            |it| it.json::<u8>().map(drop),
            "GET /users answered with a body that is not the JSON expected: \
             invalid type: map, expected u8 at line 1 column 0; body: {}",
        ),
        (
            200,
            "",
            |it| it.json::<Value>().map(drop),
            "GET /users answered with a body that is not the JSON expected: \
             EOF while parsing a value at line 1 column 0; body: (empty body)",
        ),
    ];
    for (status, body, ensure, wanted) in cases {
        assert_eq!(message(status, body, ensure).await, wanted);
    }
    let long = message(500, "x".repeat(300).leak(), |it| {
        it.ensure_status(200).map(drop)
    })
    .await;
    assert!(
        long.ends_with(&format!("; body: {}…", "x".repeat(200))),
        "{long}"
    );
}

#[tokio::test]
async fn a_body_that_is_no_text_is_counted() {
    let (client, _cx) =
        client(|_| async { Ok(http::Response::new(fake::body(vec![0xff, 0xfe]))) }).await;
    let answer = client.get("/").send().await.unwrap();
    let message = answer.text().unwrap_err().to_string();
    assert!(message.ends_with("; body: (binary, 2 bytes)"), "{message}");
}

#[tokio::test]
async fn failures_are_assertions_at_the_callers_place_through_any_result() {
    async fn anyhow(client: &Client, line: &mut u32) -> anyhow::Result<()> {
        *line = line!() + 1;
        client.get("/").send().await?.ensure_status(404)?;
        Ok(())
    }
    async fn boxed(client: &Client, line: &mut u32) -> Result<(), Box<dyn StdError + Send + Sync>> {
        *line = line!() + 1;
        client.get("/").send().await?.json::<Value>()?;
        Ok(())
    }
    async fn own(client: &Client, line: &mut u32) -> crate::Result {
        *line = line!() + 1;
        client.get("/").send().await?.ensure_redirect_to("/a")?;
        Ok(())
    }
    let (client, _cx) = echo().await;
    let mut lines = [0; 3];
    let errors = [
        Error::from(anyhow(&client, &mut lines[0]).await.unwrap_err()),
        Error::from(boxed(&client, &mut lines[1]).await.unwrap_err()),
        own(&client, &mut lines[2]).await.unwrap_err(),
    ];
    for (error, line) in errors.into_iter().zip(lines) {
        assert_eq!(error.kind(), ErrorKind::Failed);
        let place = error.place().unwrap();
        assert_eq!((place.file.as_str(), place.line), (file!(), line));
    }
}

#[test]
fn a_request_can_be_sent_from_any_task() {
    fn is_send<T: Send>(_: fn(Client) -> T) {}
    is_send(|client| async move { client.post("/").json(&1).send().await });
}

#[cfg(feature = "cookies")]
mod kept_cookies {
    use http::Version;
    use http::header::{COOKIE, SET_COOKIE};

    use super::*;
    use crate::Arrival;

    /// Signs in at `/login`, out at `/logout`, and answers everything else with the cookies it got.
    async fn shop() -> (Client, Context) {
        client(|request: Request<AppBody>| async move {
            let mut answer = answer(200, "")?;
            let sets: &[&str] = match request.uri().path() {
                "/login" => &[
                    "session=abc; Path=/; HttpOnly; Secure; SameSite=Strict",
                    "till=7; Path=/till",
                    "theirs=1; Domain=example.org",
                    "=; no cookie",
                ],
                "/logout" => &["session=; Path=/; Max-Age=0"],
                _ => &[],
            };
            for set in sets {
                let set = HeaderValue::from_static(set);
                answer.headers_mut().append(SET_COOKIE, set);
            }
            let cookies = request.headers().get_all(COOKIE).iter();
            let cookies: Vec<_> = cookies
                .map(|cookie| cookie.to_str())
                .collect::<Result<_, _>>()?;
            *answer.body_mut() = fake::body(cookies.join("\n"));
            Ok(answer)
        })
        .await
    }

    async fn seen(request: RequestBuilder) -> String {
        let text = sent(request).await;
        let mut cookies: Vec<_> = text.split("; ").collect();
        cookies.sort_unstable();
        cookies.join("; ")
    }

    #[tokio::test]
    async fn a_client_that_keeps_cookies_stays_signed_in_until_it_signs_out() {
        let (client, _cx) = shop().await;
        let browser = client.keep_cookies();
        assert_eq!(seen(browser.get("/")).await, "");
        sent(browser.post("/login")).await;
        assert_eq!(seen(browser.get("/")).await, "session=abc");
        assert_eq!(seen(browser.clone().get("/?a")).await, "session=abc");
        assert_eq!(seen(browser.get("/till/1")).await, "session=abc; till=7");
        sent(browser.post("/logout")).await;
        assert_eq!(seen(browser.get("/")).await, "");
    }

    #[tokio::test]
    async fn clients_do_not_share_cookies_unless_they_are_clones() {
        let (client, _cx) = shop().await;
        let (one, other) = (client.keep_cookies(), client.keep_cookies());
        sent(one.post("/login")).await;
        assert_eq!(seen(other.get("/")).await, "");
        assert_eq!(seen(one.keep_cookies().get("/")).await, "");
        sent(client.post("/login")).await;
        assert_eq!(seen(client.get("/")).await, "");
    }

    #[tokio::test]
    async fn a_cookie_of_the_request_itself_is_sent_instead_of_the_kept_one() {
        let (client, _cx) = shop().await;
        let browser = client.keep_cookies();
        sent(browser.post("/login")).await;
        let request = browser.get("/till").cookie("session", "x").cookie("y", "2");
        assert_eq!(seen(request).await, "session=x; till=7; y=2");
    }

    #[tokio::test]
    async fn a_domain_counts_against_the_host() {
        let (client, _cx) = shop().await;
        let browser = client.keep_cookies();
        let host = |request: RequestBuilder| request.header("host", "www.example.org:8080");
        sent(host(browser.post("/login"))).await;
        assert_eq!(seen(browser.get("/")).await, "");
        assert_eq!(seen(host(browser.get("/"))).await, "session=abc; theirs=1");
        let unreadable = browser.get("/").header("host", "a b");
        assert_eq!(seen(unreadable).await, "");
    }

    #[tokio::test]
    async fn a_domain_counts_against_the_host_in_the_target_too() {
        let (client, _cx) = shop().await;
        let browser = client.keep_cookies();
        let host = |request: RequestBuilder| {
            let request = request.extension(Arrival::new(Version::HTTP_2));
            request.header("host", "www.example.org:8080")
        };
        sent(host(browser.post("/login"))).await;
        assert_eq!(seen(browser.get("/")).await, "");
        assert_eq!(seen(host(browser.get("/"))).await, "session=abc; theirs=1");
    }

    #[tokio::test]
    async fn no_value_of_a_cookie_is_shown() {
        let (client, _cx) = shop().await;
        let browser = client.keep_cookies();
        sent(browser.post("/login")).await;
        let shown = format!("{browser:?} {:?}", browser.get("/"));
        assert!(!shown.contains("abc"), "{shown}");
    }
}
