//! What is not ours passes through the middleware as if it were not there.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use actix_web::middleware::Condition;
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, Responder};
use actix_ws::Message;
use futures_util::StreamExt;
use smoke_actix::{
    CalledBySmokeTest, Client, Registry, Runner, Selection, SigningKey, Smoke, SmokeRequest, Test,
    app,
};
use support::{Server, ask, runner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn echo(body: Payload) -> impl Responder {
    HttpResponse::Ok().streaming(body)
}

async fn shout(request: HttpRequest, body: Payload) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(Message::Text(text))) = messages.next().await {
            let _ = session.text(text.to_uppercase()).await;
        }
        let _ = session.close(None).await;
    });
    Ok(response)
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/echo", web::post().to(echo))
        .route("/shout", web::get().to(shout));
}

/// The same application with the middleware and without.
fn both() -> [Server; 2] {
    [true, false].map(|wrapped| {
        let smoke = Smoke::new(&runner());
        Server::start(move || {
            App::new()
                .app_data(web::PayloadConfig::new(usize::MAX))
                .configure(routes)
                .wrap(Condition::new(wrapped, smoke.clone()))
        })
    })
}

/// The most memory that this process has had, in bytes.
fn high_water() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() * 1024
}

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn a_body_of_any_length_goes_there_and_back_in_little_memory() {
    const CHUNK: usize = 64 * 1024;
    const CHUNKS: usize = 4096;
    for server in both() {
        let before = high_water();
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let length = CHUNK * CHUNKS;
        let request = format!(
            "POST /echo HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = stream.into_split();
        let sending = async {
            for at in 0..CHUNKS {
                writer.write_all(&[at as u8; CHUNK]).await.unwrap();
            }
        };
        let receiving = async {
            let (mut received, mut bytes) = (0, vec![0; CHUNK]);
            loop {
                match reader.read(&mut bytes).await.unwrap() {
                    0 => return received,
                    length => received += length,
                }
            }
        };
        let ((), received) = tokio::join!(sending, receiving);
        assert!(received > length, "{received} of {length} bytes came back");
        let grown = high_water() - before;
        assert!(grown < 32 * 1024 * 1024, "{grown} bytes for {length}");
    }
}

/// A text of a client, masked with zeros.
fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    frame
}

async fn talk(address: SocketAddr) -> Vec<String> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = "GET /shout HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = head(&mut stream).await;
    let mut said: Vec<String> = answer
        .lines()
        .filter(|line| !line.starts_with("date: ") && !line.is_empty())
        .map(str::to_owned)
        .collect();
    said.sort();
    for text in ["quokka", "platypus"] {
        stream.write_all(&frame(text)).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), 0x81);
        let mut heard = vec![0; stream.read_u8().await.unwrap().into()];
        stream.read_exact(&mut heard).await.unwrap();
        said.push(String::from_utf8(heard).unwrap());
    }
    said
}

#[tokio::test]
async fn a_websocket_talks_as_it_does_without() {
    let [with, without] = both();
    let said = talk(with.address).await;
    assert_eq!(said, talk(without.address).await);
    assert!(said.contains(&"HTTP/1.1 101 Switching Protocols".to_owned()));
    assert_eq!(said[said.len() - 2..], ["QUOKKA", "PLATYPUS"]);
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
