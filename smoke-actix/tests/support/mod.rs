//! A server of the real kind, and short ways to ask it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::fmt;
use std::net::SocketAddr;
use std::sync::mpsc;

use actix_http::{Request, Response};
use actix_service::{IntoServiceFactory, ServiceFactory};
use actix_web::HttpServer;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServerHandle};
use actix_web::rt::System;
use smoke_actix::{Registry, Runner, Test};
use smoke_testing::PATIENCE;
use smoke_testing::wire::exchange;

/// A server with four workers, until it is dropped.
pub struct Server {
    pub address: SocketAddr,
    handle: ServerHandle,
}

impl Server {
    pub fn start<F, I, S, B>(factory: F) -> Self
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request> + 'static,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<actix_web::Error> + 'static,
        S::InitError: fmt::Debug,
        S::Response: Into<Response<B>> + 'static,
        <S::Service as actix_service::Service<Request>>::Future: 'static,
        S::Service: 'static,
        B: MessageBody + 'static,
    {
        let (started, starting) = mpsc::channel();
        std::thread::spawn(move || {
            System::new().block_on(async move {
                let server = HttpServer::new(factory).workers(4).disable_signals();
                let server = server.bind(("127.0.0.1", 0)).unwrap();
                let address = server.addrs()[0];
                let server = server.run();
                started.send((address, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (address, handle) = starting.recv_timeout(PATIENCE).unwrap();
        Self { address, handle }
    }

    pub async fn ask(&self, method: &str, target: &str) -> Answer {
        ask(self.address, method, target, "").await
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.ask("GET", target).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// The whole answer to a request.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The value of a header, empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map_or("", |(_, value)| value)
    }

    /// Whether the endpoint answered, and not the application.
    pub fn is_ours(&self) -> bool {
        !self.header("x-smoke-status").is_empty()
    }
}

/// Sends a request without a body over a connection of its own.
pub async fn ask(address: SocketAddr, method: &str, target: &str, headers: &str) -> Answer {
    let request =
        format!("{method} {target} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{headers}\r\n");
    let answer = exchange(address, &request).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// A runner of one fast test that passes, and a slow one.
pub fn runner() -> Runner {
    let registry = Registry::new()
        .test(Test::new("shop::opens", async || {}))
        .test(Test::new("shop::counts_the_till", async || {}).slow());
    Runner::new(registry.open())
}

/// Asserts that the endpoint is there, whole.
pub async fn assert_reached(server: &Server, prefix: &str) {
    for (path, tests) in [("", 1), ("/", 1), ("/slow", 2), ("/slow/", 2)] {
        let answer = server.get(&format!("{prefix}{path}")).await;
        assert_eq!(answer.status, 200, "{prefix}{path}: {answer:?}");
        assert_eq!(answer.header("x-smoke-status"), "PASS", "{prefix}{path}");
        assert!(answer.body.contains(&format!("\ntests run: {tests}\n")));
    }
    for path in ["/nowhere", "/slow/nowhere", "//"] {
        let answer = server.get(&format!("{prefix}{path}")).await;
        assert_eq!(answer.status, 404, "{prefix}{path}: {answer:?}");
        assert_eq!(answer.header("x-smoke-status"), "FAIL", "{prefix}{path}");
    }
    let got = server.get(&format!("{prefix}/")).await;
    let head = server.ask("HEAD", &format!("{prefix}/")).await;
    assert_eq!(head.status, 200);
    assert_eq!(head.body, "");
    assert_eq!(head.header("content-length"), got.body.len().to_string());
    let post = server.ask("POST", &format!("{prefix}/")).await;
    assert_eq!(post.header("x-smoke-status"), "PASS");
    let options = server.ask("OPTIONS", &format!("{prefix}/")).await;
    // It has no schedule, and OPTIONS answers as its status.
    assert_eq!(options.status, 503);
    assert_eq!(options.header("x-smoke-reason"), "unknown");
    let delete = server.ask("DELETE", &format!("{prefix}/")).await;
    assert_eq!(delete.status, 405);
    assert_eq!(delete.header("allow"), "GET, HEAD, OPTIONS, POST");
    assert_eq!(delete.header("x-smoke-status"), "FAIL");
    let ready = server.get(&format!("{prefix}/ready/")).await;
    assert_eq!((ready.status, &*ready.body), (200, "PASS\n"));
}
