//! Production smoke tests: the test, its fixtures, the registry, the runner, the endpoint.

mod app;
mod blocking;
mod clock;
mod ensure;
mod error;
mod fixture;
mod panic;
mod providers;
mod rollback;
mod test;

pub use app::{App, AppBody, AppFactory, AppUnderTest, CallOptions, RequestError, SmokeRequest};
pub use ensure::{Almost, Contains};
pub use error::{Error, ErrorKind, Failure, IntoOutcome, Result, Skip};
pub use fixture::Fixture;
pub use fixture::call::{FixtureFn, Fixtures};
pub use fixture::client::Client;
pub use fixture::context::Context;
pub use fixture::factory::{Factory, Fallible, Infallible};
pub use fixture::provided::Provided;
pub use fixture::sandbox::Sandbox;
pub use fixture::suite::{SuiteValue, This};
pub use fixture::unique::Unique;
pub use providers::Providers;
pub use rollback::{
    Backend, HandleToken, HandleWatch, OpenRequest, Opened, RollbackVerdict, Session,
};
pub use smoke_report::{Kind, Report};
pub use test::{Async, Blocking, Suite, Test, TestFn};

#[doc(hidden)]
pub mod __private {
    pub use crate::ensure::support as ensure;
    pub use crate::test::Body;
}
