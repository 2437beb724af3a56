//! Production smoke tests for actix-web applications.
//!
//! A smoke test is safe to run in production. A [`Registry`] knows the tests of an
//! application and how to build its [`App`](actix_web::App); [`Smoke`] answers `GET /smoketest/`
//! with the verdict: 200 and `PASS`, or 503 and `FAIL`. Every other request passes through
//! untouched.
//!
//! This crate re-exports what tests and registries are written with, and the rest of the core as
//! [`smoke_core`]. So an application depends only on this crate and on the backend of its database.
//!
//! **Do not use `/smoketest/` for liveness, readiness or as a load balancer's check.** It runs
//! tests, and a failed test does not say whether this process should get traffic.
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
//! Of several middlewares, the one that was wrapped last sees a request first. The endpoint is reached
//!
//! - with `.wrap(Smoke::new(..))` on the [`App`](actix_web::App), whatever its routes and default
//!   service are, and in whatever order;
//! - with [`routes`], in the application or in a scope, **before** a route that matches the same
//!   paths.
//!
//! Wrap the middleware **last**, so that no other middleware sees its answers. A middleware that
//! replaces the bodies of errors would replace the reasons of a FAIL too. The endpoint is **not**
//! reached around a scope; use [`routes`] there.
//!
//! Ask for `/smoketest/` once after each deploy and require the header `x-smoke-status`: no other
//! answer has it.
//!
//! # The application under test
//!
//! [`app`] takes a function of fixtures. The function returns the closure that builds the
//! application, as `HttpServer::new` takes it. An actix-web application cannot leave its thread, so it
//! is built on a thread that it has for itself until the test is over. A few such threads last as long
//! as the process, because what an application shares with production lives where it is first used. A
//! task that a test's request spawned (with `tokio::spawn` or `actix_web::rt::spawn`) goes on after the
//! test, as in production.
//!
//! The application handles the requests of [`Client`] without a socket. [`LiveServer`] gives it one,
//! for WebSockets (actix-ws, or any answer with status 101 and a stream), event streams and everything
//! else that needs a connection.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `cookies` | no | `Client::keep_cookies`: a client that keeps cookies, as a browser does |
//! | `destructive` | no | `Registry::allow_destructive`: tests of which something stays |
//! | `html` | no | `Response::html` and `ensure_selects!`: pages, with their forms and links |
//! | `live` | yes | [`LiveServer`]: the application under test at a real socket |
//! | `metrics` | no | `/smoketest/metrics`: OpenMetrics, for Prometheus |
//! | `page` | no | `/smoketest/page`, and `?format=html`: a page for people |
//! | `logs` | no | `smoke_core::logs::layer()`: what a test logged, in its answer |

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
    Result, Runner, Sandbox, SandboxOf, Schedule, Selection, SigningKey, Skip, SmokeRequest, Suite,
    Test, Unique, Verdict, smoke_suite, smoke_test,
};
pub use smoke_core::{
    ensure, ensure_almost_eq, ensure_almost_ne, ensure_contains, ensure_eq, ensure_err, ensure_ge,
    ensure_gt, ensure_is, ensure_is_not, ensure_le, ensure_lt, ensure_matches, ensure_ne,
    ensure_none, ensure_not, ensure_not_contains, ensure_not_same, ensure_ok, ensure_same,
    ensure_some, fail, skip,
};

#[cfg(feature = "html")]
pub use smoke_core::{Element, Form, Page, ensure_not_selects, ensure_selects};

#[cfg(feature = "live")]
pub use smoke_core::LiveServer;

#[doc(hidden)]
pub use smoke_core::__private;
