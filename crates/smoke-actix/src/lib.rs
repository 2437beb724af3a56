//! Production smoke tests for actix-web applications.

mod answer;
mod app;
mod head;
mod middleware;
mod routes;

pub use app::{Configured, Served, ServerApp, ServerFactory, app};
pub use middleware::{ResponseBody, ResponseFuture, Smoke, SmokeMiddleware};
pub use routes::{routes, routes_at};

pub use smoke_core::{
    Almost, Answer, App, AppBody, AppFactory, AppUnderTest, Ask, Async, Backend, Blocking,
    CallOptions, Client, Contains, Context, Endpoint, Error, ErrorKind, Event, Factory, Failure,
    Fallible, Fixture, FixtureFn, Fixtures, Format, HandleToken, HandleWatch, Infallible,
    IntoOutcome, Kind, Limits, OpenRequest, Opened, Outcome, Place, PrefixError, Provided,
    Providers, Registry, Report, RequestBuilder, RequestError, Response, Result, RollbackVerdict,
    Route, Runner, Sandbox, Selection, Session, Skip, SmokeRequest, Suite, SuiteValue, Test,
    TestFn, TestReport, This, Unique, Verdict, smoke_suite, smoke_test,
};
pub use smoke_core::{
    ensure, ensure_almost_eq, ensure_almost_ne, ensure_contains, ensure_eq, ensure_err, ensure_ge,
    ensure_gt, ensure_is, ensure_is_not, ensure_le, ensure_lt, ensure_matches, ensure_ne,
    ensure_none, ensure_not, ensure_not_contains, ensure_not_same, ensure_ok, ensure_same,
    ensure_some, fail, skip,
};

#[doc(hidden)]
pub use smoke_core::__private;
