//! An application under test at a real socket.
#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::sync::{Arc, Mutex};

use actix_web::http::header::{CONTENT_TYPE, UPGRADE};
use actix_web::web::{self, Bytes, Data, Payload, ServiceConfig};
use actix_web::{Error, HttpRequest, HttpResponse};
use actix_ws::Message;
use futures_util::{SinkExt, StreamExt, stream};
use smoke_actix::smoke_core::TestReport;
use smoke_actix::{
    Client, LiveServer, Outcome, Registry, Result, Runner, Selection, SmokeRequest, Test, app,
    ensure, ensure_contains, ensure_eq,
};
use smoke_testing::PATIENCE;
use smoke_testing::wire::{exchange, read_until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message as ClientMessage;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Sends back what comes, and closes when it is asked to.
async fn chat(request: HttpRequest, body: Payload) -> actix_web::Result<HttpResponse> {
    let (response, mut session, messages) = actix_ws::handle(&request, body)?;
    let mut messages = messages.max_frame_size(4 * 1024 * 1024);
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = messages.recv().await {
            match message {
                Message::Text(text) if text == "bye" => {
                    let reason = actix_ws::CloseCode::Away.into();
                    return session.close(Some(reason)).await.unwrap();
                }
                Message::Text(text) => session.text(text).await.unwrap(),
                Message::Binary(bytes) => session.binary(bytes).await.unwrap(),
                Message::Ping(bytes) => session.pong(&bytes).await.unwrap(),
                Message::Close(reason) => return session.close(reason).await.unwrap(),
                other => panic!("{other:?} was not sent"),
            }
        }
    });
    Ok(response)
}

/// What the application's tasks say.
type Said = Data<mpsc::UnboundedSender<&'static str>>;

/// Refuses, and goes on reading.
async fn refuses(said: Said, mut body: Payload) -> HttpResponse {
    actix_web::rt::spawn(async move {
        while body.next().await.is_some() {}
        said.send("the payload has ended").unwrap();
    });
    HttpResponse::Forbidden().body("members only")
}

/// Never says a word, and notices when nobody listens any more.
async fn listens(
    said: Said,
    request: HttpRequest,
    body: Payload,
) -> actix_web::Result<HttpResponse> {
    let (response, session, mut messages) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(_)) = messages.recv().await {}
        drop(session);
        said.send("the messages have ended").unwrap();
    });
    Ok(response)
}

async fn breaks() -> HttpResponse {
    let chunks = [
        Ok(Bytes::from_static(b"half")),
        Err(actix_web::error::ErrorBadGateway("lost")),
    ];
    let mut response = HttpResponse::SwitchingProtocols();
    response
        .insert_header((UPGRADE, "websocket"))
        .streaming(stream::iter(chunks))
}

async fn events() -> HttpResponse {
    let first = stream::iter([Ok::<_, Error>(Bytes::from_static(b"data: open\n\n"))]);
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .streaming(first.chain(stream::pending()))
}

async fn greeting(request: HttpRequest) -> String {
    let extensions = actix_web::HttpMessage::extensions(&request);
    let smoke = extensions.get::<SmokeRequest>().unwrap();
    format!("hello {}", smoke.test())
}

fn routes(said: mpsc::UnboundedSender<&'static str>) -> impl Fn(&mut ServiceConfig) + Send {
    move |config| {
        config
            .app_data(Said::new(said.clone()))
            .route("/", web::get().to(greeting))
            .route("/echo", web::post().to(async |body: Bytes| body))
            .route("/chat", web::get().to(chat))
            .route("/refuses", web::get().to(refuses))
            .route("/listens", web::get().to(listens))
            .route("/breaks", web::get().to(breaks))
            .route("/events", web::get().to(events));
    }
}

/// Runs a test: what became of it, and what the application's tasks say.
async fn run<Marker: 'static, F: smoke_actix::smoke_core::TestFn<Marker>>(
    test: F,
) -> (TestReport, mpsc::UnboundedReceiver<&'static str>) {
    let (said, heard) = mpsc::unbounded_channel();
    let registry = Registry::new().app(app(move || routes(said.clone())));
    let registry = registry.test(Test::new("shop::live", test));
    let report = Runner::new(registry).run(Selection::fast()).await;
    (report.tests.into_iter().next().unwrap(), heard)
}

fn assert_passed(test: &TestReport) {
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}

async fn connect(live: &LiveServer, path: &str) -> Result<Socket> {
    let (socket, answer) = connect_async(live.ws_url(path)).await?;
    ensure_eq!(answer.status(), 101);
    Ok(socket)
}

async fn next(socket: &mut Socket) -> Result<ClientMessage> {
    Ok(socket.next().await.ok_or("the socket has ended")??)
}

/// What the application's tasks say next.
async fn next_said(heard: &mut mpsc::UnboundedReceiver<&'static str>) -> Option<&'static str> {
    let said = tokio::time::timeout(PATIENCE, heard.recv()).await;
    said.expect("said in time")
}

#[tokio::test]
async fn a_websocket_talks_while_other_requests_are_answered() {
    async fn talks(live: LiveServer, client: Client) -> Result {
        let mut socket = connect(&live, "/chat").await?;
        for text in ["quokka", "wombat"] {
            socket.send(ClientMessage::text(text)).await?;
            client.get("/").send().await?.ensure_status(200)?;
            ensure_eq!(next(&mut socket).await?, ClientMessage::text(text));
        }
        // More than the buffers between the two ends hold.
        let bytes: Vec<_> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
        socket.send(ClientMessage::binary(bytes.clone())).await?;
        ensure!(next(&mut socket).await? == ClientMessage::binary(bytes));
        socket
            .send(ClientMessage::Ping("are you there?".into()))
            .await?;
        let pong = ClientMessage::Pong("are you there?".into());
        ensure_eq!(next(&mut socket).await?, pong);
        socket.close(None).await?;
        while socket.next().await.is_some() {}
        Ok(())
    }
    let (test, _) = run(talks).await;
    assert_passed(&test);
    let made: Vec<_> = test
        .requests
        .iter()
        .map(|made| (&*made.path, made.status))
        .collect();
    assert_eq!(made[0], ("/chat", Some(101)));
}

#[tokio::test]
async fn either_side_may_close_a_websocket() {
    async fn closes(live: LiveServer) -> Result {
        let away = CloseFrame {
            code: CloseCode::Away,
            reason: "".into(),
        };
        let mut ours = connect(&live, "/chat").await?;
        ours.close(Some(away.clone())).await?;
        ensure_eq!(
            next(&mut ours).await?,
            ClientMessage::Close(Some(away.clone()))
        );
        ensure!(ours.next().await.is_none());
        let mut theirs = connect(&live, "/chat").await?;
        theirs.send(ClientMessage::text("bye")).await?;
        ensure_eq!(next(&mut theirs).await?, ClientMessage::Close(Some(away)));
        ensure!(theirs.next().await.is_none());
        Ok(())
    }
    let (test, _) = run(closes).await;
    assert_passed(&test);
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_messages() {
    let (said, heard) = mpsc::unbounded_channel();
    let heard = Arc::new(Mutex::new(Some(heard)));
    let goes = move |live: LiveServer| {
        let mut heard = heard.lock().unwrap().take().unwrap();
        async move {
            drop(connect(&live, "/listens").await?);
            ensure_eq!(next_said(&mut heard).await, Some("the messages have ended"));
            Ok::<_, smoke_actix::Error>(())
        }
    };
    let registry = Registry::new()
        .app(app(move || routes(said.clone())))
        .test(Test::new("shop::live", goes));
    let report = Runner::new(registry).run(Selection::fast()).await;
    assert_passed(&report.tests[0]);
}

#[tokio::test]
async fn a_handshake_that_is_refused_ends_the_payload_and_keeps_the_connection() {
    async fn is_refused(live: LiveServer) -> Result {
        let mut stream = TcpStream::connect(live.addr()).await?;
        let handshake = "host: shop\r\nconnection: upgrade\r\nupgrade: WebSocket\r\n\
                         sec-websocket-version: 13\r\n";
        for (path, status) in [("/refuses", 403), ("/chat", 400), ("/nowhere", 404)] {
            let request = format!("GET {path} HTTP/1.1\r\n{handshake}\r\n");
            stream.write_all(request.as_bytes()).await?;
            let head = read_until(&mut stream, "\r\n\r\n").await?;
            ensure!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.ok_or("no length")?.parse()?];
            stream.read_exact(&mut body).await?;
        }
        Ok(())
    }
    let (test, mut heard) = run(is_refused).await;
    assert_passed(&test);
    assert_eq!(next_said(&mut heard).await, Some("the payload has ended"));
}

#[tokio::test]
async fn a_websocket_that_stays_open_is_named_and_ended() {
    async fn leaks(live: LiveServer) -> Result {
        let mut socket = connect(&live, "/listens?token=secret").await?;
        tokio::spawn(async move { while socket.next().await.is_some() {} });
        Ok(())
    }
    let (test, mut heard) = run(leaks).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
    assert_eq!(
        test.message.as_deref(),
        Some("a connection to GET /listens was still open after the test")
    );
    // Nothing of the application is left that could say more.
    while next_said(&mut heard).await.is_some() {}
}

#[tokio::test]
async fn what_breaks_off_behind_the_handshake_is_an_error_of_the_test() {
    async fn asks(live: LiveServer) -> Result {
        let request = "GET /breaks HTTP/1.1\r\nhost: shop\r\nconnection: upgrade\r\n\
                       upgrade: websocket\r\n\r\n";
        let answer = exchange(live.addr(), request).await?;
        ensure_contains!(answer, "connection: upgrade\r\n");
        ensure!(answer.ends_with("\r\n\r\nhalf"), "{answer}");
        Ok(())
    }
    let (test, _) = run(asks).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
    assert_eq!(
        test.message.as_deref(),
        Some("GET /breaks: the body of the answer broke off: lost")
    );
}

#[tokio::test]
async fn a_client_without_a_connection_sees_the_handshake_alone() {
    async fn shakes_hands(client: Client) -> Result {
        for path in ["/listens", "/chat", "/breaks"] {
            let request = client.get(path).header("connection", "upgrade");
            let request = request.header("upgrade", "websocket");
            let request = request.header("sec-websocket-version", "13");
            let request = request.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
            let answer = request.send().await?.ensure_status(101)?;
            ensure_eq!(answer.text()?, "");
        }
        Ok(())
    }
    let (test, _) = run(shakes_hands).await;
    assert_passed(&test);
}

#[tokio::test]
async fn everything_else_is_as_before() {
    async fn all_of_it(live: LiveServer, client: Client) -> Result {
        live.without_database("/echo");
        let old = exchange(live.addr(), "GET / HTTP/1.0\r\n\r\n").await?;
        ensure!(old.ends_with("\r\n\r\nhello shop::live"), "{old}");
        let mut kept = TcpStream::connect(live.addr()).await?;
        // Another protocol than a WebSocket is none that the server knows.
        kept.write_all(
            b"GET / HTTP/1.1\r\nhost: shop\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
        )
        .await?;
        read_until(&mut kept, "hello shop::live").await?;
        kept.write_all(b"POST /echo HTTP/1.1\r\nhost: shop\r\ncontent-length: 6\r\n\r\nquokka")
            .await?;
        read_until(&mut kept, "\r\n\r\nquokka").await?;
        let mut events = TcpStream::connect(live.addr()).await?;
        events
            .write_all(b"GET /events HTTP/1.1\r\nhost: shop\r\n\r\n")
            .await?;
        read_until(&mut events, "data: open\n\n").await?;
        client.get("/").send().await?.ensure_status(200)?;
        Ok(())
    }
    let (test, _) = run(all_of_it).await;
    assert_passed(&test);
}
