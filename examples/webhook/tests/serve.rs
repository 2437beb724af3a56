//! The service as its webhook meets it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use examples_support::Service;

const BINARY: &str = env!("CARGO_BIN_EXE_webhook-example");
/// Within which time a state is reached, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

fn start(hook: &TcpListener, shelf: &std::path::Path) -> Service {
    let url = format!("http://{}/hook", hook.local_addr().unwrap());
    Service::start_with(
        BINARY,
        &[
            ("WEBHOOK_URL", &*url),
            ("SHELF", shelf.to_str().unwrap()),
            ("SMOKE_SCHEDULE", "100ms"),
            ("SMOKE_BUILD", "4f2a91c"),
        ],
    )
}

/// Reads a post and answers it.
fn posted(hook: &TcpListener) -> serde_json::Value {
    let (stream, _) = hook.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut stream: TcpStream = reader.into_inner();
    let answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    stream.write_all(answer.as_bytes()).unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn comes_to_answer(service: &Service, status: u16) {
    let begun = Instant::now();
    while service.get("/smoketest/ready").status != status {
        assert!(begun.elapsed() < PATIENCE, "ready is never {status}");
    }
}

#[test]
fn a_webhook_is_told_when_the_instance_is_down_and_up_again() {
    let shelf = tempfile::tempdir().unwrap();
    let hook = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = shelf.path().join("apples");
    std::fs::create_dir(&folder).unwrap();
    let service = start(&hook, &folder);
    comes_to_answer(&service, 200);
    std::fs::remove_dir(&folder).unwrap();
    let change = posted(&hook);
    for (key, value) in [
        ("test", "webhook_example::the_shelf_is_there"),
        ("scope", "instance"),
        ("was", "up"),
        ("is", "down"),
        ("build", "4f2a91c"),
    ] {
        assert_eq!(change[key], value, "{change}");
    }
    assert!(
        change["cause"]
            .as_str()
            .unwrap()
            .contains("apples is not there"),
        "{change}"
    );
    assert_eq!(service.get("/smoketest/ready").status, 503);
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(posted(&hook)["is"], "up");
    comes_to_answer(&service, 200);
}

#[test]
fn a_webhook_that_never_answers_holds_up_nothing() {
    let shelf = tempfile::tempdir().unwrap();
    // It accepts connections, as far as the system does, and never reads.
    let hook = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = shelf.path().join("apples");
    let service = start(&hook, &folder);
    for _ in 0..3 {
        comes_to_answer(&service, 503);
        std::fs::create_dir(&folder).unwrap();
        comes_to_answer(&service, 200);
        std::fs::remove_dir(&folder).unwrap();
    }
    assert_eq!(service.get("/").body, "the shop is open\n");
}

#[test]
fn the_service_ends_when_it_is_told_to() {
    let shelf = tempfile::tempdir().unwrap();
    let hook = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut service = start(&hook, shelf.path());
    comes_to_answer(&service, 200);
    service.terminate();
    comes_to_answer(&service, 503);
    service.terminate();
    assert!(service.wait().success());
}
