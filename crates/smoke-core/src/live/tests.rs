use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper_util::rt::TokioIo;
use smoke_conformance::eventually;
use smoke_testing::{PATIENCE, wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::*;
use crate::app::fake::{self, FakeSession, Log, answer};
use crate::rollback::{RequestEnd, RollbackVerdict};
use crate::{AppBody, Arrival, SmokeRequest};

type Answered = Result<Response<AppBody>, Box<dyn std::error::Error + Send + Sync>>;

/// Ends what the test began, as the runner does.
async fn close(cx: &Context) -> crate::Result {
    while let Some(finisher) = cx.next_finisher() {
        finisher.take().unwrap().await?;
    }
    Ok(())
}

/// The test's end, and the other one.
pub(super) struct Bench {
    live: LiveServer,
    cx: Context,
    session: Arc<FakeSession>,
}

impl Bench {
    pub(super) async fn new<F, Fut>(handler: impl Fn(Arc<FakeSession>) -> F) -> Self
    where
        F: Fn(Request<AppBody>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Answered> + Send + 'static,
    {
        let session = FakeSession::new(&Log::default());
        let cx = fake::context(&[Arc::clone(&session)], handler(Arc::clone(&session))).await;
        let live = cx.get().await.unwrap();
        Self { live, cx, session }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.live.addr()).await.unwrap()
    }

    /// A connection on which a request without a body was sent.
    pub(super) async fn send(&self, head: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream
            .write_all(format!("{head}\r\nhost: localhost\r\n\r\n").as_bytes())
            .await
            .unwrap();
        stream
    }

    /// What comes back until the server closes the connection.
    pub(super) async fn ask(&self, head: &str) -> String {
        let request = format!("{head}\r\nconnection: close\r\nhost: localhost\r\n\r\n");
        wire::exchange(self.live.addr(), &request).await.unwrap()
    }

    /// Waits for a line of the log.
    async fn logs(&self, wanted: &str) {
        let look = async || self.session.log.lines();
        let logged = eventually(PATIENCE, look, |lines| {
            lines.iter().any(|line| line == wanted)
        });
        logged.await.unwrap();
    }

    /// Ends the test: what was wrong beside it.
    pub(super) async fn end(&self) -> Vec<String> {
        close(&self.cx).await.unwrap();
        let faults = self.cx.remains().faults;
        faults.iter().map(|fault| fault.to_string()).collect()
    }
}

/// Reads until that text has come.
pub(super) async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    wire::read_until(stream, text).await.unwrap()
}

/// What comes until the connection ends, in good order or not.
async fn ends(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    let _ = read.expect("the connection ends in time");
    String::from_utf8(rest).unwrap()
}

/// A body that says what it is told to.
pub(super) fn told(mut source: mpsc::UnboundedReceiver<&'static str>) -> AppBody {
    let frames = stream::poll_fn(move |cx| source.poll_recv(cx))
        .map(|text| Ok::<_, Infallible>(Frame::data(text.into())));
    let body = StreamBody::new(frames);
    body.map_err(|never| match never {}).boxed_unsync()
}

#[tokio::test]
async fn a_request_takes_the_way_of_every_request() {
    let bench = Bench::new(|session| {
        move |request: Request<AppBody>| {
            session.log.write("handled");
            let by = request.extensions().get::<SmokeRequest>().unwrap().clone();
            assert_eq!((by.test(), by.run()), ("shop::orders", "run-1"));
            let arrival = request.extensions().get::<Arrival>().unwrap();
            let peer = arrival.peer.unwrap();
            assert!(peer.ip().is_loopback() && peer.port() != 0, "{peer}");
            assert!(!request.headers().contains_key(SmokeRequest::HEADER));
            async { answer(200, "hello") }
        }
    })
    .await;
    assert_eq!(bench.live.addr().ip().to_string(), "127.0.0.1");
    let answer = bench
        .ask("GET /a?token=secret HTTP/1.1\r\nx-smoke-request: v1")
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    assert_eq!(bench.session.log.lines(), ["enter", "handled", "leave"]);
    close(&bench.cx).await.unwrap();
    let remains = bench.cx.remains();
    let made = &remains.requests[0];
    assert_eq!(
        (&*made.method, &*made.path, made.status),
        ("GET", "/a", Some(200))
    );
    assert!(remains.faults.is_empty() && remains.problems.is_empty());
}

#[tokio::test]
async fn urls_name_the_loopback_interface_and_the_port() {
    let bench = Bench::new(|_| |_| async { answer(200, "") }).await;
    let at = bench.live.addr();
    assert_eq!(
        bench.live.url("/users?page=2"),
        format!("http://{at}/users?page=2")
    );
    assert_eq!(bench.live.url(""), format!("http://{at}/"));
    assert_eq!(bench.live.ws_url("chat"), format!("ws://{at}/chat"));
}

#[tokio::test]
async fn a_write_without_a_connection_of_the_sandbox_is_bypassed_unless_its_path_needs_none() {
    let bench = Bench::new(|_| |_| async { answer(201, "made") }).await;
    bench.live.without_database("/ping");
    bench.ask("POST /ping?a HTTP/1.1").await;
    let answer = bench.ask("POST /users?a HTTP/1.1").await;
    assert!(answer.ends_with("made"));
    close(&bench.cx).await.unwrap();
    let bypassed = RollbackVerdict::Bypassed {
        request: "POST /users".to_owned(),
        end: RequestEnd::Succeeded,
    };
    assert_eq!(bench.cx.remains().problems, [bypassed]);
}

#[tokio::test]
async fn a_write_that_comes_to_no_good_end_without_a_connection_is_bypassed_too() {
    let bench = Bench::new(|session| {
        move |request: Request<AppBody>| {
            session.log.write(request.uri().path());
            async move {
                match request.uri().path() {
                    "/fails" => answer(500, "no"),
                    "/panics" => panic!("no paper left"),
                    _ => std::future::pending().await,
                }
            }
        }
    })
    .await;
    bench.ask("POST /fails HTTP/1.1").await;
    bench.ask("POST /panics HTTP/1.1").await;
    let goes_away = bench.send("POST /waits HTTP/1.1").await;
    bench.logs("/waits").await;
    drop(goes_away);
    // It has given its turn back.
    drop(bench.cx.edge().lock_owned().await);
    let found = [
        ("POST /fails", RequestEnd::Failed),
        ("POST /panics", RequestEnd::Panicked),
        ("POST /waits", RequestEnd::Dropped),
    ];
    let found = found.map(|(request, end)| RollbackVerdict::Bypassed {
        request: request.to_owned(),
        end,
    });
    assert_eq!(bench.cx.remains().problems, found);
}

#[tokio::test]
async fn requests_of_two_connections_are_one_after_the_other_body_included() {
    let (tell, source) = mpsc::unbounded_channel();
    let source = Arc::new(Mutex::new(Some(source)));
    let bench = Bench::new(|session| {
        let source = Arc::clone(&source);
        move |request: Request<AppBody>| {
            session.log.write(request.uri().path());
            let streamed = request.uri().path() == "/stream";
            let body = match streamed {
                true => told(source.lock().unwrap().take().unwrap()),
                false => fake::body("plain"),
            };
            async { Ok(Response::new(body)) }
        }
    })
    .await;
    let mut first = bench.send("GET /stream HTTP/1.1").await;
    tell.send("one").unwrap();
    read_until(&mut first, "one").await;
    let second = bench.ask("GET /plain HTTP/1.1");
    tokio::pin!(second);
    let wait = tokio::time::timeout(std::time::Duration::from_millis(50), &mut second);
    assert!(wait.await.is_err());
    assert_eq!(bench.session.log.lines(), ["enter", "/stream"]);
    tell.send("two").unwrap();
    drop(tell);
    read_until(&mut first, "0\r\n\r\n").await;
    assert!(second.await.ends_with("plain"));
    assert_eq!(
        bench.session.log.lines(),
        ["enter", "/stream", "leave", "enter", "/plain", "leave"]
    );
    assert_eq!(bench.end().await, [""; 0]);
}

#[tokio::test]
async fn the_savepoint_is_released_before_the_client_has_the_whole_answer() {
    for (head, body) in [("HEAD", ""), ("GET", "hello")] {
        let bench = Bench::new(|_| |_| async { answer(200, "hello") }).await;
        let mut stream = bench.send(&format!("{head} / HTTP/1.1")).await;
        read_until(&mut stream, &format!("\r\n\r\n{body}")).await;
        assert_eq!(bench.session.log.lines(), ["enter", "leave"]);
    }
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_ends_its_turn() {
    let (tell, source) = mpsc::unbounded_channel();
    let source = Arc::new(Mutex::new(Some(source)));
    let bench = Bench::new(|_| {
        let source = Arc::clone(&source);
        move |_| {
            let body = match source.lock().unwrap().take() {
                Some(source) => told(source),
                None => fake::body("plain"),
            };
            async { Ok(Response::new(body)) }
        }
    })
    .await;
    let mut first = bench.send("GET /stream HTTP/1.1").await;
    tell.send("one").unwrap();
    read_until(&mut first, "one").await;
    drop(first);
    tell.closed().await;
    assert!(bench.ask("GET /plain HTTP/1.1").await.ends_with("plain"));
    assert_eq!(
        bench.session.log.lines(),
        ["enter", "leave", "enter", "leave"]
    );
    assert_eq!(bench.end().await, [""; 0]);
}

#[tokio::test]
async fn an_event_stream_gives_its_turn_away_and_is_named_where_it_stays_open() {
    let (tell, source) = mpsc::unbounded_channel();
    let source = Arc::new(Mutex::new(Some(source)));
    let bench = Bench::new(|_| {
        let source = Arc::clone(&source);
        move |request: Request<AppBody>| {
            let answered = match request.uri().path() {
                "/events" => Response::builder()
                    .header("content-type", "Text/Event-Stream; charset=utf-8")
                    .body(told(source.lock().unwrap().take().unwrap())),
                _ => Ok(Response::new(fake::body("plain"))),
            };
            async { Ok(answered?) }
        }
    })
    .await;
    let mut events = bench.send("GET /events?token=secret HTTP/1.1").await;
    tell.send("data: 1\n\n").unwrap();
    read_until(&mut events, "data: 1").await;
    assert!(bench.ask("GET /plain HTTP/1.1").await.ends_with("plain"));
    tell.send("data: 2\n\n").unwrap();
    read_until(&mut events, "data: 2").await;
    assert_eq!(
        bench.end().await,
        ["a connection to GET /events was still open after the test"]
    );
    assert!(tell.is_closed());
    ends(&mut events).await;
    assert!(TcpStream::connect(bench.live.addr()).await.is_err());
}

#[tokio::test]
async fn any_other_endless_answer_gives_its_turn_away_after_a_while() {
    let (tell, source) = mpsc::unbounded_channel();
    let source = Arc::new(Mutex::new(Some(source)));
    let bench = Bench::new(|_| {
        let source = Arc::clone(&source);
        move |_| {
            let body = match source.lock().unwrap().take() {
                Some(source) => told(source),
                None => fake::body("plain"),
            };
            async { Ok(Response::new(body)) }
        }
    })
    .await;
    // It is not even read.
    let _endless = bench.send("GET /endless HTTP/1.1").await;
    tell.send("one").unwrap();
    bench.logs("enter").await;
    assert!(bench.ask("GET /plain HTTP/1.1").await.ends_with("plain"));
    assert_eq!(
        bench.session.log.lines(),
        ["enter", "leave", "enter", "leave"]
    );
    assert_eq!(
        bench.end().await,
        ["a connection to GET /endless was still open after the test"]
    );
}

/// An application that upgrades, and echoes until the connection ends.
fn echoing(request: Request<AppBody>) -> BoxFuture<'static, Answered> {
    let upgraded = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let mut io = TokioIo::new(upgraded.await.unwrap());
        let mut buffer = [0; 64];
        while let Ok(read @ 1..) = io.read(&mut buffer).await {
            io.write_all(&buffer[..read]).await.unwrap();
        }
    });
    let answer = Response::builder().status(101).header("upgrade", "echo");
    let answer = answer.header("connection", "upgrade").body(fake::body(""));
    Box::pin(async { Ok(answer?) })
}

#[tokio::test]
async fn an_upgraded_connection_works_and_gives_its_turn_away() {
    let bench = Bench::new(|_| echoing).await;
    let upgrade = "GET /echo HTTP/1.1\r\nconnection: upgrade\r\nupgrade: echo";
    let mut one = bench.send(upgrade).await;
    read_until(&mut one, "\r\n\r\n").await;
    let mut other = bench.send(upgrade).await;
    read_until(&mut other, "\r\n\r\n").await;
    for stream in [&mut one, &mut other] {
        stream.write_all(b"hello").await.unwrap();
        read_until(stream, "hello").await;
    }
    drop(other);
    // One of them is closed by its client, and the other is not.
    assert_eq!(
        bench.end().await,
        ["a connection to GET /echo was still open after the test"]
    );
    assert_eq!(ends(&mut one).await, "");
}

#[tokio::test]
async fn idle_connections_are_closed_without_a_word() {
    let bench = Bench::new(|_| |_| async { answer(200, "hello") }).await;
    let mut unused = bench.connect().await;
    let mut kept = bench.send("GET / HTTP/1.1").await;
    read_until(&mut kept, "hello").await;
    kept.write_all(b"GET /again HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut kept, "hello").await;
    assert_eq!(bench.end().await, [""; 0]);
    for stream in [&mut unused, &mut kept] {
        assert_eq!(ends(stream).await, "");
    }
}

#[tokio::test]
async fn a_request_without_an_answer_is_named_and_ended() {
    let bench = Bench::new(|_| |_| std::future::pending()).await;
    let _waiting = bench.send("GET /poll HTTP/1.1").await;
    bench.logs("enter").await;
    assert_eq!(
        bench.end().await,
        ["a connection to GET /poll was still open after the test"]
    );
}

#[tokio::test]
async fn what_the_application_does_wrong_is_an_error_of_the_test() {
    let bench = Bench::new(|_| {
        |request: Request<AppBody>| async move {
            match request.uri().path() {
                "/panics" => panic!("oh no"),
                "/fails" => Err("no route".into()),
                _ => {
                    let frames = [Ok(Frame::data("half".into())), Err("lost".into())];
                    Ok(Response::new(
                        StreamBody::new(stream::iter(frames)).boxed_unsync(),
                    ))
                }
            }
        }
    })
    .await;
    let answer = bench.ask("GET /panics?token=secret HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert!(
        answer.contains("GET /panics: the application panicked"),
        "{answer}"
    );
    let answer = bench.ask("GET /fails HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    let mut broken = bench.send("GET /breaks HTTP/1.1").await;
    let answer = ends(&mut broken).await;
    assert!(!answer.contains("\r\n0\r\n"), "{answer}");
    assert_eq!(bench.session.log.lines().len(), 6);
    let faults = bench.end().await;
    assert!(faults[0].starts_with("GET /panics: the application panicked"));
    assert!(faults[0].ends_with(": oh no"));
    assert_eq!(
        faults[1..],
        [
            "GET /fails: the application's service failed: no route",
            "GET /breaks: the body of the answer broke off: lost"
        ]
    );
}

#[tokio::test]
async fn a_connection_that_the_test_holds_is_an_error_at_once() {
    let bench = Bench::new(|_| |_| async { unreachable!() }).await;
    *bench.session.enters.lock().unwrap() = Some(crate::Error::msg("in use"));
    let answer = bench.ask("GET / HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let faults = bench.end().await;
    assert!(
        faults[0].contains("the test still holds it; drop it first: in use"),
        "{faults:?}"
    );
}

#[tokio::test]
async fn an_escape_is_noted_with_its_request_and_waited_for() {
    let bench = Bench::new(|_| |_| async { answer(200, "hello") }).await;
    let escaped = |at: Option<&str>| RollbackVerdict::Escaped {
        how: "COMMIT".to_owned(),
        at: at.map(str::to_owned),
    };
    *bench.session.leaves.lock().unwrap() = Some(escaped(None));
    bench.ask("GET /users HTTP/1.1").await;
    close(&bench.cx).await.unwrap();
    let remains = bench.cx.remains();
    assert_eq!(remains.problems, [escaped(Some("GET /users"))]);
    assert!(remains.faults.is_empty());
}

#[tokio::test]
async fn a_session_that_hangs_does_not_keep_the_end_waiting_for_ever() {
    let bench = Bench::new(|_| |_| async { answer(200, "hello") }).await;
    bench.session.hangs.store(true, Ordering::SeqCst);
    let _waiting = bench.send("GET / HTTP/1.1").await;
    let look = async || bench.session.log.lines();
    eventually(PATIENCE, look, |lines| lines.len() >= 2)
        .await
        .unwrap();
    let faults = bench.end().await;
    assert_eq!(
        faults,
        ["a connection to GET / was still open after the test"]
    );
}
