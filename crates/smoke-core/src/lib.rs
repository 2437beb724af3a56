//! The core of production smoke tests: tests, fixtures, the registry, the runner, the endpoint.
//!
//! A smoke test is safe to run in production, on live data: after a deploy, every few minutes, or
//! when a monitor asks. It calls the application's real handlers and the real database. What it
//! writes is rolled back.
//!
//! This crate depends on no web framework and no ORM. An application depends on an adapter
//! (`smoke-axum`, `smoke-actix`, `smoke-tower`) and on a backend (`smoke-diesel`, `smoke-sqlx`,
//! `smoke-sea-orm`). The adapter re-exports what the author of a test writes, and this crate as
//! `smoke_core`.
//!
//! # Examples
//!
//! ```
//! use smoke_core::{Format, Provided, Registry, Result, Runner, Selection, Test, ensure};
//!
//! struct Config {
//!     public_url: String,
//! }
//!
//! /// Links in mails lead to a page that browsers trust.
//! async fn the_public_url_is_https(config: Provided<Config>) -> Result {
//!     ensure!(config.public_url.starts_with("https://"), "links would not be trusted");
//!     Ok(())
//! }
//!
//! # #[tokio::main]
//! # async fn main() {
//! let registry = Registry::new()
//!     .test(Test::new("shop::config::the_public_url_is_https", the_public_url_is_https))
//!     .provide(Config { public_url: "http://shop.example".to_owned() });
//!
//! let report = Runner::new(registry).run(Selection::fast()).await;
//! let answer = report.render(Format::Text);
//! assert!(answer.starts_with("FAIL\ntest classes: 1\ntests run: 1\n"));
//! assert!(answer.ends_with("failed: links would not be trusted: \
//!     config.public_url.starts_with(\"https://\") does not hold\n"));
//! # }
//! ```
//!
//! # Where things are
//!
//! | what | types |
//! |---|---|
//! | tests | [`Test`], [`Suite`], [`macro@smoke_test`], [`macro@smoke_suite`], [`Registry`] |
//! | arguments of tests | [`Provided`], [`Sandbox`], [`Client`], `LiveServer`, [`Unique`], your own [`Fixture`] |
//! | results of tests | [`ensure!`], [`ensure_eq!`] and the rest, [`fail!`], [`skip!`], [`Error`] |
//! | runs | [`Runner`], [`Selection`], [`Limits`], [`Event`] |
//! | recognising a smoke test | [`SmokeRequest`] in process, [`CalledBySmokeTest`] from another service, [`SigningKey`] |
//! | for adapters | [`Endpoint`], [`App`], [`AppFactory`], [`AppUnderTest`], [`Arrival`] |
//! | for backends | [`Backend`], [`Session`], [`RollbackVerdict`], and what is in [`rollback`] |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `cookies` | no | `Client::keep_cookies`: a client that keeps cookies, as a browser does |
//! | `destructive` | no | `Registry::allow_destructive`: tests of which something stays |
//! | `html` | no | `Response::html` and `ensure_selects!`: pages, with their forms and links |
//! | `live` | no | `LiveServer`: the application under test at a real socket |
//! | `metrics` | no | the path `metrics` under the prefix: OpenMetrics, for Prometheus |
//! | `page` | no | the path `page` under the prefix, and `?format=html`: a page for people |
//! | `logs` | no | `logs::layer()`: what a test logged, in its answer |

mod access;
mod app;
mod arrival;
mod blocking;
mod client;
mod clock;
mod discover;
mod drain;
mod emitted;
mod endpoint;
mod ensure;
mod errand;
mod error;
mod fixture;
mod follow;
#[cfg_attr(
    not(feature = "logs"),
    expect(dead_code, reason = "nobody listens without the feature")
)]
mod heard;
#[cfg(feature = "page")]
mod history;
mod limits;
#[cfg(feature = "live")]
mod live;
mod log;
#[cfg(feature = "logs")]
pub mod logs;
mod one_line;
#[cfg(feature = "page")]
mod page;
mod panic;
mod piece;
mod providers;
mod ration;
mod redact;
mod registry;
mod remote;
pub mod rollback;
mod run;
mod scene;
mod scheduler;
mod select;
mod stage;
mod standing;
mod test;
mod theirs;
mod thread;
mod timing;
mod watch;

pub use app::{
    App, AppBody, AppFactory, AppUnderTest, CallOptions, Factory, Fallible, RequestError,
    SmokeRequest, Trailers, Unfailing,
};
pub use arrival::Arrival;
pub use client::{Client, RequestBuilder, Response};
#[cfg(feature = "html")]
pub use client::{Element, Form, Page};
pub use endpoint::{AnswerBody, Endpoint, PrefixError, Route};
pub use ensure::{Almost, Contains};
pub use error::{Clue, Error, ErrorKind, Failure, IntoOutcome, Result, Skip};
pub use fixture::Fixture;
pub use fixture::call::{FixtureFn, Fixtures};
pub use fixture::context::Context;
pub use fixture::provided::Provided;
pub use fixture::sandbox::{DatabaseName, Sandbox, SandboxFixture, SandboxOf};
pub use fixture::suite::{SuiteValue, This};
pub use fixture::unique::Unique;
pub use limits::Limits;
#[cfg(feature = "live")]
pub use live::LiveServer;
pub use providers::Providers;
pub use registry::Registry;
pub use remote::{CalledBySmokeTest, KeyError, SigningKey};
pub use rollback::{
    Backend, Berth, HandleToken, HandleWatch, Kept, OpenRequest, Opened, RollbackVerdict, Session,
};
pub use run::{Answer, Ask, Asker, Event, Halt, Runner};
pub use select::Selection;
pub use smoke_core_macros::{smoke_suite, smoke_test};
pub use smoke_report::{
    Change, Format, Kind, Outcome, Place, Reason, Report, Scope, Standing, TestReport, TestState,
    Verdict,
};
pub use test::{Async, Blocking, Suite, Test, TestFn};
pub use watch::{Probe, Schedule};

// Not for users: the code that the macros emit names these, and it compiles in crates that know
// nothing but an adapter. `Listening` is for `smoke-browser`. `Piece` and `thread` are for
// `smoke-actix`, whose applications live on threads of their own.
#[doc(hidden)]
pub mod __private {
    pub use inventory;

    pub use crate::blocking::thread;
    pub use crate::discover::{Submission, all};
    pub use crate::emitted::{Anew, Argument, Made, lives_for_a_run, place, tear_down};
    pub use crate::ensure::support as ensure;
    #[cfg(feature = "live")]
    pub use crate::live::Listening;
    pub use crate::piece::Piece;
    pub use crate::stage::Stage;
    pub use crate::test::Body;
    pub use crate::{
        Async, Blocking, Context, Error, Factory, Fallible, Fixture, Fixtures, IntoOutcome, Kind,
        Providers, Result, Suite, SuiteValue, Test, This,
    };
}
