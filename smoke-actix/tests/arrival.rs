//! A test's request has what the server says of users' requests, and no more.
#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::net::SocketAddr;

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse};
use smoke_actix::{
    Client, LiveServer, Registry, Result, Runner, Selection, Smoke, Test, app, ensure_eq, routes,
};
use smoke_testing::wire::exchange;
use support::Server;

async fn needs_a_peer(request: HttpRequest) -> HttpResponse {
    match request.peer_addr() {
        Some(peer) => HttpResponse::Ok().body(peer.ip().to_string()),
        None => HttpResponse::InternalServerError().body("who are you?"),
    }
}

async fn server(request: HttpRequest) -> String {
    let (config, version) = (request.app_config(), request.version());
    format!("{version:?} {} {}", config.local_addr(), config.secure())
}

fn shop(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(needs_a_peer))
        .route("/server", web::get().to(server));
}

async fn knows_the_peer(client: Client) -> Result {
    client.get("/").send().await?.ensure_status(200)?;
    Ok(())
}

async fn knows_the_peer_at_a_socket(live: LiveServer) -> Result {
    let answer = exchange(live.addr(), "GET / HTTP/1.0\r\n\r\n").await?;
    ensure_eq!(answer.lines().next(), Some("HTTP/1.0 200 OK"));
    Ok(())
}

fn registry() -> Registry {
    Registry::new().open().app(app(|| shop))
}

fn runner() -> Runner {
    let test = Test::new("shop::knows_the_peer", knows_the_peer);
    let live = Test::new("shop::knows_the_peer_live", knows_the_peer_at_a_socket);
    Runner::new(registry().test(test).test(live))
}

/// The answers to a user and to whoever asks for a run.
macro_rules! answers {
    ($app:expr, $peer:expr) => {{
        let service = init_service($app).await;
        let mut answers = Vec::new();
        for target in ["/", "/smoketest/"] {
            let request = TestRequest::get().uri(target);
            let request = match $peer {
                Some(peer) => request.peer_addr(peer),
                None => request,
            };
            let answer = call_service(&service, request.to_request()).await;
            let status = answer.status().as_u16();
            let body = actix_web::test::read_body(answer).await;
            answers.push((status, String::from_utf8_lossy(&body).into_owned()));
        }
        <[_; 2]>::try_from(answers).unwrap()
    }};
}

#[actix_web::test]
async fn a_server_that_names_no_peer_is_no_pass_where_the_application_needs_one() {
    let peer: SocketAddr = "192.0.2.1:80".parse().unwrap();
    for (peer, users, tests) in [(None, 500, 503), (Some(peer), 200, 200)] {
        let wrapped = App::new().configure(shop).wrap(Smoke::new(&runner()));
        let [user, run] = answers!(wrapped, peer);
        assert_eq!((user.0, run.0), (users, tests), "{}", run.1);
        let failed = run.1.matches("::knows_the_peer").count();
        assert_eq!(failed, if peer.is_none() { 2 } else { 0 }, "{}", run.1);
        let among = App::new().configure(shop).configure(routes(&runner()));
        let [user, run] = answers!(among, peer);
        assert_eq!((user.0, run.0), (users, tests), "{}", run.1);
    }
}

#[actix_web::test]
async fn a_run_that_no_request_asks_for_takes_the_last_request_for_its_model() {
    let runner = runner();
    let passes = async || runner.run(Selection::fast()).await.verdict().is_pass();
    assert!(passes().await, "the loopback interface, before any request");
    for (peer, status) in [(None, 500), (Some("192.0.2.1:80"), 200)] {
        let peer: Option<SocketAddr> = peer.map(|peer: &str| peer.parse().unwrap());
        let service = init_service(App::new().configure(shop).wrap(Smoke::new(&runner))).await;
        let request = TestRequest::get().uri("/");
        let request = match peer {
            Some(peer) => request.peer_addr(peer),
            None => request,
        };
        let answer = call_service(&service, request.to_request()).await;
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(passes().await, status == 200);
    }
}

#[tokio::test]
async fn the_servers_own_address_and_the_version_of_http_are_those_of_the_request_that_asks() {
    async fn tells_the_server(client: Client) -> Result {
        let server = client.get("/server").send().await?.text()?;
        Err(format!("it is {server}").into())
    }
    let runner = Runner::new(registry().test(Test::new("shop::server", tells_the_server)));
    let server = Server::start(move || App::new().configure(shop).wrap(Smoke::new(&runner)));
    let told = server.get("/server").await.body;
    assert!(told.contains(&server.address.to_string()), "{told}");
    let answer = server.get("/smoketest/").await;
    assert!(answer.body.contains(&format!("it is {told}")), "{answer:?}");
}
