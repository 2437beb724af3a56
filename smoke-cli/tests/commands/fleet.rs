//! Real replicas: each is a server of its own with smoke tests of its own.

use std::convert::Infallible;
use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::IncomingStream;
use smoke_core::{Kind, Outcome, Report, Scope, TestReport};
use smoke_tower::smoke_core::Format;
use smoke_tower::{Registry, Result, SmokeLayer, Test, fail};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Runtime;
use tower::{Service, ServiceExt, service_fn};

use crate::smoke::{BUILD, TOKEN};

/// On which all servers of the tests run.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// What a replica does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Is {
    Well,
    OfTheBuildBefore,
    WithoutABuild,
    /// It accepts connections and says nothing.
    Hung,
    /// A test of its own fails.
    Broken,
    /// The shared test fails.
    BrokenForAll,
    /// It has one test of its own less.
    Lacking,
    /// It has none of its own.
    Bare,
}

/// A replica at an address.
pub(crate) struct Replica {
    pub(crate) address: SocketAddr,
    is: Arc<Mutex<Router>>,
    instance: &'static str,
    /// How often the shared test ran here, the slow one, and one of its own.
    pub(crate) shared: Arc<AtomicUsize>,
    pub(crate) slow: Arc<AtomicUsize>,
    pub(crate) own: Arc<AtomicUsize>,
    /// Where it does not listen yet.
    socket: Mutex<Option<TcpSocket>>,
}

impl Replica {
    pub(crate) fn new(instance: &'static str, is: Is) -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), instance, is)
    }

    pub(crate) fn at(address: SocketAddr, instance: &'static str, is: Is) -> Self {
        let replica = Self::down_at(address, instance);
        replica.becomes(is);
        replica.comes_up();
        replica
    }

    /// Nobody listens there.
    pub(crate) fn down_at(address: SocketAddr, instance: &'static str) -> Self {
        let _entered = RUNTIME.enter();
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(address).unwrap();
        let replica = Self {
            address: socket.local_addr().unwrap(),
            is: Arc::default(),
            instance,
            shared: Arc::default(),
            slow: Arc::default(),
            own: Arc::default(),
            socket: Mutex::new(Some(socket)),
        };
        replica.becomes(Is::Well);
        replica
    }

    pub(crate) fn comes_up(&self) {
        let _entered = RUNTIME.enter();
        let listener = self
            .socket
            .lock()
            .unwrap()
            .take()
            .unwrap()
            .listen(1024)
            .unwrap();
        let is = Arc::clone(&self.is);
        RUNTIME.spawn(serve(listener, is));
    }

    /// From the next request on.
    pub(crate) fn becomes(&self, is: Is) {
        match is {
            Is::Hung => *self.is.lock().unwrap() = Router::new().fallback(pending::<()>),
            _ => self.serves(self.registry(is)),
        }
    }

    /// The same, with other tests.
    pub(crate) fn serves(&self, registry: Registry) {
        let _entered = RUNTIME.enter();
        *self.is.lock().unwrap() = Router::new().layer(SmokeLayer::new(registry));
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn registry(&self, is: Is) -> Registry {
        let counted = |counter: &Arc<AtomicUsize>, broken: bool| {
            let counter = Arc::clone(counter);
            move || {
                counter.fetch_add(1, Ordering::SeqCst);
                async move {
                    if broken {
                        fail!("it is broken")
                    } else {
                        Result::<()>::Ok(())
                    }
                }
            }
        };
        let shared = counted(&self.shared, is == Is::BrokenForAll);
        let slow = counted(&self.slow, false);
        let own = counted(&self.own, is == Is::Broken);
        let registry = Registry::new().token(TOKEN).instance(self.instance);
        let mut registry = match is {
            Is::WithoutABuild => registry,
            Is::OfTheBuildBefore => registry.build_id("0badf00"),
            _ => registry.build_id(BUILD),
        }
        .test(Test::new("shop::sells", shared))
        .test(Test::new("shop::counts", slow).slow());
        if is != Is::Bare {
            registry = registry.test(Test::new("shop::disk", own).instance());
        }
        if is != Is::Lacking && is != Is::Bare {
            registry = registry.test(Test::new("shop::heap", async || {}).instance());
        }
        registry
    }
}

async fn serve(listener: TcpListener, is: Arc<Mutex<Router>>) {
    let answer = move |request: Request| {
        let router = is.lock().unwrap().clone();
        async move { Ok::<Response, Infallible>(router.oneshot(request).await.unwrap()) }
    };
    let app = Router::new().fallback_service(service_fn(answer));
    axum::serve(listener, app).await.unwrap();
}

/// The answer of a replica of the build to whatever it is asked.
pub(crate) fn answer(instance: &str, tests: Vec<TestReport>) -> impl IntoResponse + use<> {
    let report = Report::new("run")
        .with_build(BUILD)
        .with_instance(instance)
        .with_tests(tests);
    let verdict = report.verdict();
    let status = match verdict.is_pass() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let head = [
        ("x-smoke-status", verdict.to_string()),
        ("x-smoke-build", BUILD.to_owned()),
        ("x-smoke-instance", instance.to_owned()),
    ];
    (status, head, report.render(Format::Json))
}

/// A test of the replica's own.
pub(crate) fn own(name: &str, outcome: Outcome) -> TestReport {
    let test = TestReport::new(name, "shop", Kind::Unit, outcome, Duration::ZERO);
    test.with_scope(Scope::Instance)
}

/// An application that says who it is, and nothing else.
pub(crate) fn named(instance: &'static str) -> Router {
    let who = [
        ("x-smoke-status", "PASS"),
        ("x-smoke-build", BUILD),
        ("x-smoke-instance", instance),
    ];
    Router::new().route("/smoketest/live", get(async move || who))
}

/// An application on that address, as long as the tests run.
pub(crate) fn serve_at<M, S>(address: impl Into<SocketAddr>, app: M) -> SocketAddr
where
    M: for<'a> Service<
            IncomingStream<'a, TcpListener>,
            Error = Infallible,
            Response = S,
            Future: Send,
        > + Send
        + 'static,
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
{
    let listener = RUNTIME.block_on(TcpListener::bind(address.into())).unwrap();
    let address = listener.local_addr().unwrap();
    RUNTIME.spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// How often each of them has counted.
pub(crate) fn counts<'r>(
    replicas: impl IntoIterator<Item = &'r Replica>,
    of: fn(&Replica) -> &AtomicUsize,
) -> Vec<usize> {
    replicas
        .into_iter()
        .map(|replica| of(replica).load(Ordering::SeqCst))
        .collect()
}
