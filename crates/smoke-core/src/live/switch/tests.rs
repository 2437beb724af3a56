use http::Response;
use smoke_testing::wire;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;
use crate::app::fake;
use crate::live::tests::{Bench, read_until, told};

const ASK: &str = "GET /talk?token=secret HTTP/1.1\r\nconnection: upgrade\r\nupgrade: bodies";

/// An answer that agrees, and what goes out after it.
fn agrees(body: AppBody) -> Response<AppBody> {
    let answer = Response::builder().status(101).header("upgrade", "bodies");
    answer.header("connection", "upgrade").body(body).unwrap()
}

/// An application that sends back what comes.
async fn echoing() -> Bench {
    Bench::new(|_| {
        |request: Request<AppBody>| async move {
            match request.uri().path() {
                "/talk" => Ok(agrees(request.into_body())),
                _ => fake::answer(200, "plain"),
            }
        }
    })
    .await
}

async fn rest(stream: &mut TcpStream) -> String {
    wire::rest(stream).await.unwrap()
}

#[tokio::test]
async fn the_bodies_are_the_connection() {
    let bench = echoing().await;
    let mut stream = bench.connect().await;
    // What is said before the answer is not lost.
    let early = format!("{ASK}\r\nhost: localhost\r\n\r\nearly");
    stream.write_all(early.as_bytes()).await.unwrap();
    let head = read_until(&mut stream, "early").await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.ends_with("\r\n\r\nearly"), "{head}");
    for word in ["quokka", "wombat"] {
        stream.write_all(word.as_bytes()).await.unwrap();
        assert_eq!(read_until(&mut stream, word).await, word);
        // Its turn is over: nobody waits for it.
        assert!(bench.ask("GET / HTTP/1.1").await.ends_with("plain"));
    }
    stream.shutdown().await.unwrap();
    assert_eq!(rest(&mut stream).await, "");
    assert_eq!(bench.end().await, [""; 0]);
}

#[tokio::test]
async fn a_request_that_is_refused_has_an_empty_body() {
    let bench = Bench::new(|_| {
        |request: Request<AppBody>| async {
            let (heard, hears) = oneshot::channel();
            tokio::spawn(async move {
                let body = request.into_body().collect().await.unwrap();
                heard.send(body.to_bytes()).unwrap();
            });
            let body = stream::once(async { Ok(Frame::data(hears.await?)) });
            let answer = Response::builder().status(403);
            Ok(answer.body(StreamBody::new(body).boxed_unsync())?)
        }
    })
    .await;
    let mut stream = bench.send(ASK).await;
    let answer = read_until(&mut stream, "\r\n0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\n0\r\n\r\n"), "{answer}");
    assert_eq!(bench.end().await, [""; 0]);
}

#[tokio::test]
async fn the_body_breaks_off_where_the_client_ends() {
    let (heard, hears) = oneshot::channel();
    let heard = Arc::new(Mutex::new(Some(heard)));
    let bench = Bench::new(|_| {
        let heard = Arc::clone(&heard);
        move |mut request: Request<AppBody>| {
            let heard = heard.lock().unwrap().take().unwrap();
            tokio::spawn(async move {
                let first = request.body_mut().frame().await.unwrap().unwrap();
                let error = request.body_mut().frame().await.unwrap().unwrap_err();
                let over = request.body_mut().frame().await.is_none();
                let first = first.into_data().unwrap();
                heard.send((first, error.to_string(), over)).unwrap();
            });
            async { Ok(agrees(fake::body(""))) }
        }
    })
    .await;
    let mut stream = bench.send(ASK).await;
    stream.write_all(b"quokka").await.unwrap();
    assert!(rest(&mut stream).await.ends_with("\r\n\r\n"));
    drop(stream);
    let (first, error, over) = hears.await.unwrap();
    assert_eq!(
        (&*first, &*error, over),
        (&b"quokka"[..], "unexpected end of file", true)
    );
    assert_eq!(bench.end().await, [""; 0]);
}

#[tokio::test]
async fn what_the_application_has_not_ended_is_named() {
    let (tell, source) = mpsc::unbounded_channel();
    let source = Arc::new(Mutex::new(Some(source)));
    let bench = Bench::new(|_| {
        let source = Arc::clone(&source);
        move |_| {
            let body = told(source.lock().unwrap().take().unwrap());
            async { Ok(agrees(body)) }
        }
    })
    .await;
    let mut stream = bench.send(ASK).await;
    read_until(&mut stream, "\r\n\r\n").await;
    // The client has said its last word, and still listens.
    stream.shutdown().await.unwrap();
    tell.send("quokka").unwrap();
    read_until(&mut stream, "quokka").await;
    assert_eq!(
        bench.end().await,
        ["a connection to GET /talk was still open after the test"]
    );
    assert!(tell.is_closed());
}

#[tokio::test]
async fn what_the_application_has_ended_is_not_the_clients_to_keep_open() {
    let bench = Bench::new(|_| |_| async { Ok(agrees(fake::body("bye"))) }).await;
    let mut stream = bench.send(ASK).await;
    assert!(rest(&mut stream).await.ends_with("bye"));
    assert_eq!(bench.end().await, [""; 0]);
    // The other direction is closed too.
    let closed = async { while stream.write_all(b"hello?").await.is_ok() {} };
    closed.await;
}

#[tokio::test]
async fn a_body_that_breaks_off_or_panics_behind_the_answer_is_an_error_of_the_test() {
    let bench = Bench::new(|_| {
        |request: Request<AppBody>| async move {
            let panics = request.uri().path() == "/panics";
            let frames = stream::iter([Ok(Frame::data("half".into())), Err("lost".into())]);
            let frames = frames.inspect(move |frame| assert!(!panics || frame.is_ok()));
            Ok(agrees(StreamBody::new(frames).boxed_unsync()))
        }
    })
    .await;
    for path in ["/breaks", "/panics"] {
        let ask = ASK.replace("/talk", path);
        let mut stream = bench.send(&ask).await;
        assert!(rest(&mut stream).await.ends_with("half"));
    }
    let faults = bench.end().await;
    assert_eq!(
        faults[0],
        "GET /breaks: the body of the answer broke off: lost"
    );
    assert!(
        faults[1].starts_with("GET /panics: the application panicked"),
        "{faults:?}"
    );
    assert_eq!(faults.len(), 2);
}
