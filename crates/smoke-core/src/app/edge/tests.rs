use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::Ordering;

use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};

use super::*;
use crate::SmokeRequest;
use crate::app::fake::{self, FakeSession, Log, answer};
use crate::rollback::{RequestEnd, RollbackVerdict};

fn request(method: Method, target: &str) -> Request<AppBody> {
    let request = Request::builder().method(method).uri(target);
    request.body(fake::body("")).unwrap()
}

fn get(target: &str) -> Request<AppBody> {
    request(Method::GET, target)
}

fn post(target: &str) -> Request<AppBody> {
    request(Method::POST, target)
}

fn bypassed(name: &str) -> RollbackVerdict {
    bypassed_and(name, RequestEnd::Succeeded)
}

fn bypassed_and(name: &str, end: RequestEnd) -> RollbackVerdict {
    RollbackVerdict::Bypassed {
        request: name.to_owned(),
        end,
    }
}

fn escaped(at: Option<&str>) -> RollbackVerdict {
    RollbackVerdict::Escaped {
        how: "COMMIT".to_owned(),
        at: at.map(str::to_owned),
    }
}

/// An application under test with one sandbox, and both its ends.
async fn app<F, Fut>(
    handler: impl Fn(Arc<FakeSession>) -> F,
) -> (AppUnderTest, Context, Arc<FakeSession>)
where
    F: Fn(Request<AppBody>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<http::Response<AppBody>, crate::app::BoxError>> + Send + 'static,
{
    let session = FakeSession::new(&Log::default());
    let cx = fake::context(&[Arc::clone(&session)], handler(Arc::clone(&session))).await;
    (cx.get().await.unwrap(), cx, session)
}

fn verdict(answer: Result<http::Response<Bytes>, RequestError>) -> RollbackVerdict {
    match answer {
        Err(RequestError::Rollback { verdict, .. }) => verdict,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_request_is_handled_between_enter_and_leave_and_put_into_the_report() {
    let (app, cx, session) = app(|session| {
        move |request: Request<AppBody>| {
            session.log.write("handled");
            let by = request.extensions().get::<SmokeRequest>().unwrap().clone();
            assert_eq!((by.test(), by.run()), ("shop::orders", "run-1"));
            assert_eq!(request.uri().query(), Some("token=secret"));
            async { answer(200, "hello") }
        }
    })
    .await;
    let answer = app.call(get("/a?token=secret"), CallOptions::default());
    assert_eq!(answer.await.unwrap().body(), "hello");
    assert_eq!(session.log.lines(), ["enter", "handled", "leave"]);
    let requests = cx.remains().requests;
    assert_eq!(
        (requests[0].method.as_str(), requests[0].path.as_str()),
        ("GET", "/a")
    );
    assert_eq!(requests[0].status, Some(200));
}

#[tokio::test]
async fn safe_requests_may_do_without_a_connection() {
    let (app, cx, _) = app(|_| |_| async { answer(200, "") }).await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        let called = app.call(request(method, "/"), CallOptions::default());
        called.await.unwrap();
    }
    assert_eq!(cx.remains().problems, []);
}

#[tokio::test]
async fn a_write_that_succeeds_without_a_connection_is_bypassed() {
    let (app, cx, _) = app(|_| |_| async { answer(201, "") }).await;
    let made = app.call(post("/users?token=secret"), CallOptions::default());
    assert_eq!(verdict(made.await), bypassed("POST /users"));
    assert_eq!(cx.remains().problems, [bypassed("POST /users")]);
}

#[tokio::test]
async fn a_write_without_any_sandbox_is_bypassed() {
    let cx = fake::context(&[], |_| async { answer(303, "") }).await;
    let app: AppUnderTest = cx.get().await.unwrap();
    let made = app.call(post("/users"), CallOptions::default()).await;
    assert_eq!(verdict(made), bypassed("POST /users"));
}

#[tokio::test]
async fn a_write_whose_body_breaks_off_is_bypassed_all_the_same() {
    let (app, cx, _) = app(|_| |_| async { answer(200, "too much") }).await;
    let options = CallOptions {
        max_body: 3,
        ..CallOptions::default()
    };
    match app.call(post("/users"), options).await {
        Err(RequestError::Rollback {
            verdict,
            answer: Some(answer),
        }) => {
            assert_eq!(verdict, bypassed("POST /users"));
            assert!(matches!(*answer, RequestError::TooLarge { limit: 3, .. }));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(cx.remains().problems, [bypassed("POST /users")]);
}

#[tokio::test]
async fn a_bypass_is_noted_also_where_the_request_is_dropped_while_it_leaves() {
    let (app, cx, session) = app(|_| |_| async { answer(201, "") }).await;
    session.hangs.store(true, Ordering::SeqCst);
    let made = app.call(post("/users"), CallOptions::default());
    assert!(made.now_or_never().is_none());
    assert_eq!(session.log.lines(), ["enter", "leave"]);
    let remains = cx.remains();
    assert_eq!(remains.problems, [bypassed("POST /users")]);
    assert_eq!(remains.requests[0].status, Some(201));
}

#[tokio::test]
async fn a_write_through_the_sandbox_is_not_bypassed() {
    let (app, cx, _) = app(|session| {
        move |_| {
            session.check_out();
            async { answer(201, "") }
        }
    })
    .await;
    let made = app.call(post("/users"), CallOptions::default());
    assert_eq!(made.await.unwrap().status(), StatusCode::CREATED);
    assert_eq!(cx.remains().problems, []);
}

#[tokio::test]
async fn a_request_may_opt_out_of_the_database() {
    let (app, cx, _) = app(|_| |_| async { answer(200, "") }).await;
    let options = CallOptions {
        without_database: true,
        ..CallOptions::default()
    };
    app.call(post("/ping"), options).await.unwrap();
    assert_eq!(cx.remains().problems, []);
}

#[tokio::test]
async fn a_grpc_call_that_is_refused_is_not_bypassed() {
    for (place, status, refused) in [
        ("head", "5", true),
        ("head", "0", false),
        ("trailers", "5", true),
        ("trailers", "0", false),
    ] {
        let (app, cx, _) = app(|_| {
            move |_| async move {
                let said = HeaderMap::from_iter([(
                    HeaderName::from_static("grpc-status"),
                    HeaderValue::from_static(status),
                )]);
                let mut answer = answer(200, "")?;
                if place == "head" {
                    answer.headers_mut().extend(said);
                    return Ok(answer);
                }
                Ok(answer.map(|body| {
                    let trailers = async { Some(Ok(said)) };
                    body.with_trailers(trailers).boxed_unsync()
                }))
            }
        })
        .await;
        let _ = app
            .call(post("/shop.Prices/Get"), CallOptions::default())
            .await;
        assert_eq!(
            cx.remains().problems.is_empty(),
            refused,
            "{status} in {place}"
        );
    }
}

#[tokio::test]
async fn a_write_that_is_refused_is_not_bypassed() {
    for status in [400, 422] {
        let (app, cx, _) = app(|_| move |_| async move { answer(status, "") }).await;
        let made = app.call(post("/users"), CallOptions::default()).await;
        assert_eq!(made.unwrap().status(), status);
        assert_eq!(cx.remains().problems, []);
    }
}

#[tokio::test]
async fn a_write_that_fails_without_a_connection_is_answered_and_noted() {
    let (app, cx, _) = app(|_| |_| async { answer(503, "") }).await;
    let made = app.call(post("/users"), CallOptions::default()).await;
    assert_eq!(made.unwrap().status(), 503);
    let (app, of_service, _) = self::app(|_| |_| async { Err("no route".into()) }).await;
    let made = app.call(post("/users"), CallOptions::default()).await;
    assert!(matches!(made, Err(RequestError::Service { .. })));
    for cx in [cx, of_service] {
        let failed = bypassed_and("POST /users", RequestEnd::Failed);
        assert_eq!(cx.remains().problems, [failed]);
    }
}

#[tokio::test]
async fn a_write_that_panics_without_a_connection_is_noted() {
    let (app, cx, _) = app(|_| |_| async { panic!("oh no") }).await;
    let made = app.call(post("/users?a"), CallOptions::default()).await;
    assert!(matches!(made, Err(RequestError::Panicked { .. })));
    let panicked = bypassed_and("POST /users", RequestEnd::Panicked);
    assert_eq!(cx.remains().problems, [panicked]);
}

/// What is found where a request is given up, with a body that never ends and an answer that
/// comes or does not.
async fn given_up(
    request: Request<AppBody>,
    options: CallOptions,
    check_out: bool,
    answered: Option<u16>,
) -> Vec<RollbackVerdict> {
    let (app, cx, _) = app(|session| {
        move |_| {
            if check_out {
                session.check_out();
            }
            async move {
                let Some(status) = answered else {
                    return pending().await;
                };
                let body = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>());
                let body = body.map_err(|never| match never {}).boxed_unsync();
                Ok(http::Response::builder().status(status).body(body)?)
            }
        }
    })
    .await;
    let in_time = app.call(request, options).now_or_never();
    assert!(in_time.is_none(), "it never ends");
    cx.remains().problems
}

#[tokio::test]
async fn a_write_that_is_dropped_without_a_connection_is_noted_at_once() {
    let options = CallOptions::default();
    let dropped = bypassed_and("POST /users", RequestEnd::Dropped);
    let found = given_up(post("/users?a"), options, false, None).await;
    assert_eq!(found, [dropped], "it was not answered");
    let found = given_up(post("/users"), options, false, Some(201)).await;
    assert_eq!(found, [bypassed("POST /users")], "its body was not read");
    let found = given_up(post("/users"), options, false, Some(422)).await;
    assert_eq!(found, [], "it was refused");
    let found = given_up(post("/users"), options, true, None).await;
    assert_eq!(found, [], "it took a connection");
    let found = given_up(get("/users"), options, false, None).await;
    assert_eq!(found, [], "it is not meant to write");
    let without = CallOptions {
        without_database: true,
        ..options
    };
    let found = given_up(post("/users"), without, false, None).await;
    assert_eq!(found, [], "it says that it writes to none");
}

#[tokio::test]
async fn a_write_that_is_dropped_before_it_has_its_turn_is_no_bypass() {
    let (app, cx, session) = app(|_| |_| async { unreachable!() }).await;
    let turn = cx.edge().lock_owned().await;
    let waiting = app.call(post("/users"), CallOptions::default());
    assert!(waiting.now_or_never().is_none());
    drop(turn);
    assert!(session.log.lines().is_empty());
    assert_eq!(cx.remains().problems, []);
}

#[tokio::test]
async fn a_dropped_request_leaves_the_edge_usable() {
    let (app, cx, session) = app(|_| {
        |request: Request<AppBody>| async move {
            if request.uri().path() == "/slow" {
                pending::<()>().await;
            }
            answer(200, "")
        }
    })
    .await;
    let slow = app.call(get("/slow"), CallOptions::default());
    let in_time = tokio::time::timeout(std::time::Duration::from_millis(1), slow).await;
    assert!(in_time.is_err());
    app.call(get("/"), CallOptions::default()).await.unwrap();
    assert_eq!(session.log.lines(), ["enter", "enter", "leave"]);
    let requests = cx.remains().requests;
    assert_eq!(
        (requests[0].path.as_str(), requests[0].status),
        ("/slow", None)
    );
    assert_eq!(
        (requests[1].path.as_str(), requests[1].status),
        ("/", Some(200))
    );
}

#[tokio::test]
async fn a_panic_of_the_handler_is_an_error_of_the_request() {
    let (app, _, session) = app(|_| {
        |request: Request<AppBody>| {
            assert_ne!(request.uri().path(), "/at-once", "at once");
            async {
                tokio::task::yield_now().await;
                panic!("later")
            }
        }
    })
    .await;
    for (path, said) in [("/at-once", "at once"), ("/later?a", "later")] {
        match app.call(get(path), CallOptions::default()).await {
            Err(RequestError::Panicked {
                request, message, ..
            }) => {
                assert_eq!(request, format!("GET {}", path.trim_end_matches("?a")));
                assert!(message.contains(said), "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(session.log.lines(), ["enter", "leave", "enter", "leave"]);
}

#[tokio::test]
async fn the_place_of_a_panic_is_shown_where_the_hook_saw_it() {
    crate::panic::stand_in_front();
    let (app, cx, _) = app(|_| |_| async { panic!("oh no") }).await;
    let call = app.call(get("/"), CallOptions::default());
    let error = crate::scene::watched(cx.scene(), call).await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with(&format!("GET /: the application panicked at {}", file!())),
        "{message}"
    );
    assert!(message.ends_with(": oh no"), "{message}");
}

#[tokio::test]
async fn an_error_of_the_service_is_an_error_of_the_request() {
    let (app, cx, session) = app(|_| |_| async { Err("no route".into()) }).await;
    let answer = app.call(post("/"), CallOptions::default()).await;
    assert!(matches!(answer, Err(RequestError::Service { .. })));
    assert_eq!(session.log.lines(), ["enter", "leave"]);
    assert_eq!(cx.remains().requests[0].status, None);
}

#[tokio::test]
async fn two_requests_at_once_are_one_after_the_other() {
    let (app, _, session) = app(|session| {
        move |request: Request<AppBody>| {
            let log = session.log.clone();
            async move {
                log.write(format!("begin {}", request.uri()));
                tokio::task::yield_now().await;
                log.write(format!("end {}", request.uri()));
                answer(200, "")
            }
        }
    })
    .await;
    let call = |target| app.call(get(target), CallOptions::default());
    let (first, second) = tokio::join!(call("/1"), call("/2"));
    first.and(second).unwrap();
    assert_eq!(
        session.log.lines(),
        [
            "enter", "begin /1", "end /1", "leave", "enter", "begin /2", "end /2", "leave"
        ]
    );
}

#[tokio::test]
async fn a_body_over_the_cap_is_an_error_that_says_so() {
    let (app, cx, _) = app(|_| |_| async { answer(200, "12345") }).await;
    let mut options = CallOptions {
        max_body: 5,
        ..CallOptions::default()
    };
    app.call(get("/"), options).await.unwrap();
    options.max_body = 4;
    let error = app.call(get("/"), options).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET /: the body of the answer is larger than 4 bytes; allow more with .max_body(..)"
    );
    assert_eq!(cx.remains().requests[1].status, Some(200));
}

#[tokio::test]
async fn trailers_come_with_the_answer() {
    let trailers = http::HeaderMap::from_iter([(http::header::ETAG, "4f2a91c".parse().unwrap())]);
    let sent = trailers.clone();
    let (app, _, _) = app(move |_| {
        let sent = sent.clone();
        move |_| {
            let frames = [Frame::data("hello".into()), Frame::trailers(sent.clone())];
            let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)));
            let body = body.map_err(|never| match never {});
            async { Ok(http::Response::new(body.boxed_unsync())) }
        }
    })
    .await;
    let answer = app.call(get("/"), CallOptions::default()).await.unwrap();
    assert_eq!(answer.body(), "hello");
    assert_eq!(answer.extensions().get(), Some(&crate::Trailers(trailers)));
}

#[tokio::test]
async fn an_endless_body_ends_at_the_cap() {
    let (app, _, _) = app(|_| {
        |_| async {
            let endless = stream::repeat_with(|| Ok::<_, Infallible>(Frame::data("x".into())));
            let body = StreamBody::new(endless).map_err(|never| match never {});
            Ok(http::Response::new(body.boxed_unsync()))
        }
    })
    .await;
    let answer = app.call(get("/"), CallOptions::default()).await;
    assert!(matches!(answer, Err(RequestError::TooLarge { .. })));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error_of_the_request() {
    let (app, _, session) = app(|_| {
        |_| async {
            let frames = [Ok(Frame::data("half".into())), Err("lost".into())];
            let body = StreamBody::new(stream::iter(frames));
            Ok(http::Response::new(body.boxed_unsync()))
        }
    })
    .await;
    match app.call(get("/"), CallOptions::default()).await {
        Err(RequestError::Body { source, .. }) => assert_eq!(source.to_string(), "lost"),
        other => panic!("{other:?}"),
    }
    assert_eq!(session.log.lines(), ["enter", "leave"]);
}

#[tokio::test]
async fn an_escape_names_the_request_also_where_the_application_panicked() {
    let (app, cx, session) = app(|_| {
        |request: Request<AppBody>| async move {
            assert_eq!(request.uri().path(), "/users", "oh no");
            answer(200, "")
        }
    })
    .await;
    *session.leaves.lock().unwrap() = Some(escaped(None));
    let made = app.call(get("/users?token=secret"), CallOptions::default());
    assert_eq!(verdict(made.await), escaped(Some("GET /users")));
    *session.leaves.lock().unwrap() = Some(escaped(None));
    let error = app.call(get("/panics"), CallOptions::default()).await;
    let error = crate::Error::from(error.unwrap_err());
    assert!(error.message().contains("during GET /panics"), "{error}");
    assert!(error.causes()[0].contains("oh no"), "{error:#}");
    assert_eq!(
        cx.remains().problems,
        [escaped(Some("GET /users")), escaped(Some("GET /panics"))]
    );
}

#[tokio::test]
async fn a_connection_that_is_held_is_an_error_at_once_and_nothing_is_sent() {
    let (app, cx, session) = app(|_| |_| async { unreachable!() }).await;
    *session.enters.lock().unwrap() = Some(Error::msg("in use"));
    match app.call(get("/users?a"), CallOptions::default()).await {
        Err(RequestError::ConnectionHeld { request, source }) => {
            assert_eq!(
                (request, source.to_string()),
                ("GET /users".into(), "in use".into())
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(session.log.lines(), ["enter"]);
    let remains = cx.remains();
    assert_eq!((remains.problems, remains.requests.len()), (vec![], 0));
}

#[tokio::test]
async fn a_verdict_before_the_request_is_noted_and_not_blamed_on_it() {
    let (app, cx, session) = app(|_| |_| async { unreachable!() }).await;
    *session.enters.lock().unwrap() = Some(escaped(None).into());
    let made = app.call(get("/"), CallOptions::default()).await;
    assert_eq!(verdict(made), escaped(None));
    assert_eq!(cx.remains().problems, [escaped(None)]);
}

#[tokio::test]
async fn where_one_session_refuses_the_others_are_left() {
    let (first, second) = (
        FakeSession::new(&Log::default()),
        FakeSession::new(&Log::default()),
    );
    *second.enters.lock().unwrap() = Some(Error::msg("in use"));
    let sessions = [Arc::clone(&first), Arc::clone(&second)];
    let cx = fake::context(&sessions, |_| async { unreachable!() }).await;
    let app: AppUnderTest = cx.get().await.unwrap();
    let made = app.call(get("/"), CallOptions::default()).await;
    assert!(matches!(made, Err(RequestError::ConnectionHeld { .. })));
    assert_eq!(first.log.lines(), ["enter", "leave"]);
    assert_eq!(second.log.lines(), ["enter"]);
}
