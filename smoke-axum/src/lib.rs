//! Production smoke tests for axum applications.
//!
//! A smoke test is safe to run in production. A [`Registry`] knows the tests of an
//! application and how to build its [`Router`](axum::Router); [`SmokeLayer`] answers
//! `GET /smoketest/` with the verdict: 200 and `PASS`, or 503 and `FAIL`. Every other request
//! passes through untouched.
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
//! use axum::body::Body;
//! use axum::http::Request;
//! use axum::{Router, routing::get};
//! use smoke_axum::{Client, Registry, Result, SmokeLayer, ensure_contains, smoke_test};
//! use tower::ServiceExt;
//!
//! // The application's routes, as they are.
//! fn router() -> Router {
//!     Router::new().route("/", get(async || "the shop is open"))
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
//! # #[tokio::main]
//! # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::discover()
//!     .app(smoke_axum::app(router))
//!     .expect_at_least(1);
//! let app = router().layer(SmokeLayer::new(registry));
//!
//! let response = app.oneshot(Request::get("/smoketest/").body(Body::empty())?).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! # Where the layer stands
//!
//! [`Router::layer`](axum::Router::layer) wraps the routes and the fallback that exist when it is
//! called. The endpoint is reached
//!
//! - with `.layer(SmokeLayer::new(..))` as the **last** call on the outermost router;
//! - with the layer **around** the router: `SmokeLayer::new(..).layer(router)`, which
//!   `axum::serve` takes with `axum::ServiceExt`;
//! - with [`routes`], merged or nested anywhere, in any order.
//!
//! The endpoint is **not** reached, and another handler may answer with 200 in its place,
//!
//! - with `.layer(..)` before `.fallback(..)`: the fallback answers;
//! - with `.layer(..)` before a catch-all route like `/{*path}`: that route answers;
//! - with the layer on a nested router: the outer fallback answers. If the nested router has its own
//!   fallback, the endpoint is reached under the nested path;
//! - with `.route_layer(..)`: the fallback answers, because `route_layer` wraps only routes.
//!
//! Ask for `/smoketest/` once after each deploy and require the header `x-smoke-status`: no other
//! answer has it.
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
//! | `tokio` | yes | `ConnectInfo` in the requests of tests, if users' requests have it |

mod app;
mod connect_info;
mod future;
mod in_process;
mod layer;
mod routes;
mod service;

pub use app::{app, service_app, try_app, try_service_app};
pub use future::ResponseFuture;
pub use layer::SmokeLayer;
pub use routes::{routes, routes_at};
pub use service::Smoke;

pub use smoke_tower::{
    AnswerFuture, ClientService, ServiceApp, SmokeService, SyncBody, smoke_core,
};

pub use smoke_tower::smoke_core::{
    AppFactory, Arrival, Ask, CalledBySmokeTest, Client, Context, Error, ErrorKind, Failure,
    Fixture, Kind, Limits, Outcome, PrefixError, Provided, Providers, Registry, Report, Response,
    Result, Runner, Sandbox, SandboxOf, Schedule, Selection, SigningKey, Skip, SmokeRequest, Suite,
    Test, Unique, Verdict, smoke_suite, smoke_test,
};
pub use smoke_tower::smoke_core::{
    ensure, ensure_almost_eq, ensure_almost_ne, ensure_contains, ensure_eq, ensure_err, ensure_ge,
    ensure_gt, ensure_is, ensure_is_not, ensure_le, ensure_lt, ensure_matches, ensure_ne,
    ensure_none, ensure_not, ensure_not_contains, ensure_not_same, ensure_ok, ensure_same,
    ensure_some, fail, skip,
};

#[cfg(feature = "html")]
pub use smoke_tower::smoke_core::{Element, Form, Page, ensure_not_selects, ensure_selects};

#[cfg(feature = "live")]
pub use smoke_tower::smoke_core::LiveServer;

#[doc(hidden)]
pub use smoke_tower::smoke_core::__private;
