//! The smoke-test endpoint as a tower layer, and as a service of its own.
//!
//! A smoke test is safe to run in production. A [`Registry`] knows the tests of an
//! application, a [`Runner`] runs them, and [`SmokeLayer`] answers `GET /smoketest/` with the
//! verdict: 200 and `PASS`, or 503 and `FAIL`. Every other request passes through untouched.
//!
//! This crate re-exports what tests and registries are written with, and the rest of the core as
//! [`smoke_core`]. An axum application depends on `smoke-axum` instead.
//!
//! **Do not use `/smoketest/` for liveness, readiness or as a load balancer's check.** It runs
//! tests, and a failed test does not say whether this process should get traffic.
//!
//! # Examples
//!
//! ```standalone_crate
//! use std::convert::Infallible;
//!
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, Full};
//! use smoke_tower::{Client, Registry, Runner, SmokeLayer, ensure_contains, smoke_test};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! // The application: what it does with a request, whatever the body's type.
//! async fn shop<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     let text = match request.uri().path() {
//!         "/" => "the shop is open",
//!         _ => "no such page",
//!     };
//!     Ok(Response::new(text.into()))
//! }
//!
//! /// The shop is open to whoever comes.
//! #[smoke_test]
//! async fn the_shop_is_open(client: Client) -> smoke_tower::Result {
//!     let page = client.get("/").send().await?.ensure_status(200)?.text()?;
//!     ensure_contains!(page, "open");
//!     Ok(())
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::discover()
//!     .app(smoke_tower::app(|| service_fn(shop)))
//!     .expect_at_least(1);
//! let runner = Runner::new(registry);
//! let service = ServiceBuilder::new()
//!     .layer(SmokeLayer::new(&runner))
//!     .service(service_fn(shop));
//!
//! let request = Request::get("/smoketest/").body(Full::<Bytes>::default())?;
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.status(), 200);
//! let text = response.into_body().collect().await?.to_bytes();
//! assert!(text.starts_with(b"PASS\ntest classes: 1\ntests run: 1\n"));
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `cookies` | no | `Client::keep_cookies`: a client that keeps cookies, as a browser does |
//! | `destructive` | no | `Registry::allow_destructive`: tests of which something stays |
//! | `html` | no | `Response::html` and `ensure_selects!`: pages, with their forms and links |
//! | `live` | no | `LiveServer`: the application under test at a real socket |
//! | `metrics` | no | `/smoketest/metrics`: OpenMetrics, for Prometheus |
//! | `page` | no | `/smoketest/page`, and `?format=html`: a page for people |
//! | `logs` | no | `smoke_core::logs::layer()`: what a test logged, in its answer |

mod app;
mod body;
mod client;
mod future;
mod in_process;
mod layer;
mod service;
mod standalone;
mod sync_body;

pub use app::{ServiceApp, app, try_app};
pub use body::ResponseBody;
pub use client::ClientService;
pub use future::ResponseFuture;
pub use layer::SmokeLayer;
pub use service::Smoke;
pub use standalone::{AnswerFuture, SmokeService};
pub use sync_body::SyncBody;

pub use smoke_core;

pub use smoke_core::{
    AnswerBody, AppFactory, Arrival, Ask, CalledBySmokeTest, Client, Context, Error, ErrorKind,
    Failure, Fixture, Kind, Limits, Outcome, PrefixError, Provided, Providers, Registry, Report,
    Response, Result, Runner, Sandbox, SandboxOf, Schedule, Selection, SigningKey, Skip,
    SmokeRequest, Suite, Test, Unique, Verdict, smoke_suite, smoke_test,
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
