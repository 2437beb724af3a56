//! Production smoke tests for actix-web applications.
//!
//! Smoke tests are tests that are safe to run in production. A [`Registry`] knows the tests of an
//! application and how to build its [`App`](actix_web::App); [`Smoke`] answers `GET /smoketest/`
//! with the verdict: 200 and `PASS`, or 503 and `FAIL`. Every other request passes through
//! untouched.
//!
//! What tests and registries are written with is here, and the rest of the core is
//! [`smoke_core`]: an application depends on this crate, on the backend of its database, and on
//! nothing else.
//!
//! **Do not use `/smoketest/` for liveness, readiness or as a load balancer's check:** it runs
//! tests, and a test that fails says nothing about whether this process should get traffic.
//!
//! # Examples
//!
//! ```standalone_crate
//! use actix_web::http::StatusCode;
//! use actix_web::test::{TestRequest, call_service, init_service};
//! use actix_web::web::{self, ServiceConfig};
//! use actix_web::App;
//! use smoke_actix::{Client, Registry, Result, Runner, Smoke, ensure_contains, smoke_test};
//!
//! // The application's routes, as they are.
//! fn routes(config: &mut ServiceConfig) {
//!     config.route("/", web::get().to(async || "the shop is open"));
//! }
//!
//! /// The shop is open to whoever comes.
//! #[smoke_test]
//! async fn the_shop_is_open(client: Client) -> Result {
//!     let page = client.get("/").send().await?.ensure_status(200)?.text()?;
//!     ensure_contains!(page, "open");
//!     Ok(())
//! }
//!
//! #[actix_web::main]
//! async fn main() {
//!     let registry = Registry::discover()
//!         .app(smoke_actix::app(|| || App::new().configure(routes)))
//!         .expect_at_least(1);
//!     // One runner for all workers: it is made outside the closure.
//!     let runner = Runner::new(registry);
//!     let app = move || App::new().configure(routes).wrap(Smoke::new(&runner));
//!
//!     // `HttpServer::new(app)` serves it. Here it is asked without a server.
//!     let service = init_service(app()).await;
//!     let request = TestRequest::get().uri("/smoketest/").to_request();
//!     assert_eq!(call_service(&service, request).await.status(), StatusCode::OK);
//! }
//! ```
//!
//! # Where the endpoint stands
//!
//! What is wrapped around an application is asked in the reverse order of the calls. The endpoint
//! is reached
//!
//! - with `.wrap(Smoke::new(..))` on the [`App`](actix_web::App), whatever its routes and default
//!   service are, and in whatever order;
//! - with [`routes`], in the application or in a scope, **before** a route that matches the same
//!   paths.
//!
//! Make the middleware the **last** one, so that no other sees its answers: one that replaces the
//! bodies of errors replaces the reasons of a FAIL too. It is **not** reached around a scope; there
//! it is [`routes`] that is wanted.
//!
//! Ask for `/smoketest/` once after each deploy and require the header `x-smoke-status`: no other
//! answer has it.
//!
//! # The application under test
//!
//! [`app`] takes a function of fixtures. It returns the closure that builds the application, the
//! one that `HttpServer::new` takes: nothing of actix-web leaves its thread, so the application is
//! built on a thread that it has for itself until the test is over. The thread is one of a few that
//! last as long as the process, since what an application shares with production lives where it is
//! first used: a task that a test's request has spawned (by `tokio::spawn` or `actix_web::rt::spawn`)
//! goes on after the test, as it would in production.
//!
//! Requests of [`Client`] are handled there without a socket. At [`LiveServer`] it has one, for
//! WebSockets (actix-ws and whatever else answers 101 with a stream), event streams and all that
//! only a connection shows.
//!
//! # Features
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `cookies` | no | [`Client::keep_cookies`]: a client that keeps cookies, as a browser does |
//! | `live` | yes | [`LiveServer`]: the application under test at a real socket |

mod answer;
mod app;
mod head;
mod middleware;
mod routes;

pub use app::{Configured, Served, ServerApp, ServerFactory, app, try_app};
pub use middleware::{ResponseBody, ResponseFuture, Smoke, SmokeMiddleware};
pub use routes::{routes, routes_at};

pub use smoke_core;

pub use smoke_core::{
    AppFactory, Arrival, Ask, CalledBySmokeTest, Client, Context, Error, ErrorKind, Failure,
    Fixture, Kind, Limits, Outcome, PrefixError, Provided, Providers, Registry, Report, Response,
    Result, Runner, Sandbox, SandboxOf, Selection, SigningKey, Skip, SmokeRequest, Suite, Test,
    Unique, Verdict, smoke_suite, smoke_test,
};
pub use smoke_core::{
    ensure, ensure_almost_eq, ensure_almost_ne, ensure_contains, ensure_eq, ensure_err, ensure_ge,
    ensure_gt, ensure_is, ensure_is_not, ensure_le, ensure_lt, ensure_matches, ensure_ne,
    ensure_none, ensure_not, ensure_not_contains, ensure_not_same, ensure_ok, ensure_same,
    ensure_some, fail, skip,
};

#[cfg(feature = "live")]
pub use smoke_core::LiveServer;

#[doc(hidden)]
pub use smoke_core::__private;
