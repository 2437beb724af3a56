//! Production smoke tests: the test, its fixtures, the registry, the runner, the endpoint.

mod access;
mod app;
mod blocking;
mod client;
mod clock;
mod discover;
mod emitted;
mod endpoint;
mod ensure;
mod error;
mod fixture;
mod panic;
mod providers;
mod redact;
mod registry;
mod rollback;
mod run;
mod select;
mod test;

pub use app::{App, AppBody, AppFactory, AppUnderTest, CallOptions, RequestError, SmokeRequest};
pub use client::{Client, RequestBuilder, Response};
pub use endpoint::{Endpoint, PrefixError, Route};
pub use ensure::{Almost, Contains};
pub use error::{Error, ErrorKind, Failure, IntoOutcome, Result, Skip};
pub use fixture::Fixture;
pub use fixture::call::{FixtureFn, Fixtures};
pub use fixture::context::Context;
pub use fixture::factory::{Factory, Fallible, Infallible};
pub use fixture::provided::Provided;
pub use fixture::sandbox::Sandbox;
pub use fixture::suite::{SuiteValue, This};
pub use fixture::unique::Unique;
pub use providers::Providers;
pub use registry::Registry;
pub use rollback::{
    Backend, HandleToken, HandleWatch, OpenRequest, Opened, RollbackVerdict, Session,
};
pub use run::{Answer, Ask, Event, Limits, Runner};
pub use select::Selection;
pub use smoke_macros::{smoke_suite, smoke_test};
pub use smoke_report::{Kind, Outcome, Place, Report, TestReport, Verdict};
pub use test::{Async, Blocking, Suite, Test, TestFn};

#[doc(hidden)]
pub mod __private {
    pub use inventory;

    pub use crate::discover::{Submission, all};
    pub use crate::emitted::{Anew, Argument, Made, lives_for_a_run, place, tear_down};
    pub use crate::ensure::support as ensure;
    pub use crate::test::Body;
    pub use crate::{
        Async, Blocking, Context, Error, Factory, Fallible, Fixture, Fixtures, IntoOutcome, Kind,
        Providers, Result, Suite, SuiteValue, Test, This,
    };
}
