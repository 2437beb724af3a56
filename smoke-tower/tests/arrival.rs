//! A test's request has what the server says of users' requests, and no more.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Extensions, Request, Response, StatusCode};
use http_body_util::Full;
use smoke_conformance::eventually;
use smoke_testing::PATIENCE;
use smoke_tower::smoke_core::AppBody;
use smoke_tower::{
    Client, Registry, Result, Runner, Selection, SmokeLayer, SmokeService, Test, app,
};
use tower::{Layer, ServiceExt, service_fn};

/// What the server says of a connection, in a type of the application's own.
#[derive(Clone)]
struct Till(SocketAddr);

async fn needs<T: Clone + Send + Sync + 'static, B>(
    request: Request<B>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    if request.extensions().get::<T>().is_none() {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    Ok(response)
}

async fn opens(client: Client) -> Result {
    client.get("/").send().await?.ensure_status(200)?;
    Ok(())
}

fn runner<T: Clone + Send + Sync + 'static>() -> Runner {
    let registry = Registry::new().open();
    let registry = registry.app(app(|| service_fn(needs::<T, AppBody>)));
    Runner::new(registry.test(Test::new("shop::opens", opens)))
}

/// The statuses of the answers to a user and to whoever asks for a run.
async fn statuses<T: Clone + Send + Sync + 'static>(
    layer: &SmokeLayer,
    server: impl Fn(&mut Extensions),
) -> [u16; 2] {
    let service = layer.layer(service_fn(needs::<T, Full<Bytes>>));
    let mut statuses = [0; 2];
    for (status, target) in statuses.iter_mut().zip(["/", "/smoketest/"]) {
        let mut request = Request::get(target).body(Full::<Bytes>::default()).unwrap();
        server(request.extensions_mut());
        let answer = service.clone().oneshot(request).await.unwrap();
        *status = answer.status().as_u16();
    }
    statuses
}

fn peer() -> SocketAddr {
    "192.0.2.1:80".parse().unwrap()
}

#[tokio::test]
async fn a_server_that_names_no_peer_is_no_pass_where_the_application_needs_one() {
    let layer = || SmokeLayer::new(runner::<SocketAddr>());
    assert_eq!(statuses::<SocketAddr>(&layer(), |_| {}).await, [500, 503]);
    let names = |extensions: &mut Extensions| {
        extensions.insert(peer());
    };
    assert_eq!(statuses::<SocketAddr>(&layer(), names).await, [200, 200]);
}

#[tokio::test]
async fn a_type_of_the_applications_own_is_mirrored_where_it_is_named() {
    let layer = || SmokeLayer::new(runner::<Till>());
    let of = |extensions: &Extensions| Some(extensions.get::<Till>()?.0);
    let named = || layer().peer(of).mirror::<Till>();
    let server = |extensions: &mut Extensions| {
        extensions.insert(Till(peer()));
    };
    assert_eq!(statuses::<Till>(&layer(), server).await, [200, 503]);
    assert_eq!(statuses::<Till>(&named(), server).await, [200, 200]);
    assert_eq!(statuses::<Till>(&named(), |_| {}).await, [500, 503]);
}

#[tokio::test]
async fn a_panic_of_what_looks_at_requests_is_no_users_loss() {
    #[derive(Debug)]
    struct Careless;
    impl Clone for Careless {
        fn clone(&self) -> Self {
            panic!("there is one")
        }
    }
    let of = |extensions: &Extensions| Some(extensions.get::<Till>().unwrap().0);
    let layer = SmokeLayer::new(runner::<SocketAddr>()).peer(of);
    let layer = layer.mirror::<Careless>();
    let names = |extensions: &mut Extensions| {
        extensions.insert(peer());
        extensions.insert(Careless);
    };
    assert_eq!(statuses::<SocketAddr>(&layer, names).await, [200, 503]);
}

/// Writes down on which threads it is dropped.
struct Ticket(Arc<Mutex<Vec<String>>>);

impl Clone for Ticket {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let thread = std::thread::current().name().unwrap_or("?").to_owned();
        self.0.lock().unwrap().push(thread);
    }
}

#[tokio::test]
async fn what_is_mirrored_is_dropped_where_tests_live() {
    let threads = Arc::new(Mutex::new(Vec::new()));
    let layer = SmokeLayer::new(runner::<Ticket>()).mirror::<Ticket>();
    let server = |extensions: &mut Extensions| {
        extensions.insert(Ticket(Arc::clone(&threads)));
    };
    assert_eq!(statuses::<Ticket>(&layer, server).await, [200, 200]);
    // One is here, and one is kept as the last request's.
    let look = async || Arc::strong_count(&threads);
    eventually(PATIENCE, look, |tickets| *tickets <= 2)
        .await
        .unwrap();
    let threads = threads.lock().unwrap().clone();
    assert!(!threads.contains(&"smoke-coord".to_owned()), "{threads:?}");
}

#[tokio::test]
async fn a_port_of_its_own_takes_the_last_request_through_the_layer_for_its_model() {
    let runner = runner::<SocketAddr>();
    let private = async || {
        let service = SmokeService::new(&runner);
        let request = Request::post("/smoketest/").body(()).unwrap();
        service.oneshot(request).await.unwrap().status() == 200
    };
    assert!(private().await, "before any request");
    let layer = SmokeLayer::new(&runner);
    let [user, _] = statuses::<SocketAddr>(&layer, |_| {}).await;
    assert_eq!(user, 500);
    assert!(!private().await);
    let names = |extensions: &mut Extensions| {
        extensions.insert(peer());
    };
    let [user, _] = statuses::<SocketAddr>(&layer, names).await;
    assert_eq!(user, 200);
    assert!(private().await);
}

#[tokio::test]
async fn a_tests_own_request_is_nobodys_model() {
    let runner = runner::<SocketAddr>();
    let layer = SmokeLayer::new(&runner);
    let within = layer.clone();
    // The application under test has the layer too.
    let around = move || within.layer(service_fn(needs::<SocketAddr, AppBody>));
    let anonymous = async |client: Client| client.get("/").send().await.map(drop);
    let registry = Registry::new().app(app(around));
    let inner = Runner::new(registry.test(Test::new("shop::anonymous", anonymous)));
    let bare = SmokeLayer::new(&inner);
    assert_eq!(statuses::<SocketAddr>(&bare, |_| {}).await, [500, 200]);
    assert!(runner.run(Selection::fast()).await.verdict().is_pass());
}
