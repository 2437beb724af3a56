//! One trait for asynchronous and blocking tests of any fixtures and any return type.

use std::future::Future;

use futures_util::future::BoxFuture;
use smoke_report::Kind;

use super::body::Body;
use crate::fixture::call::{FixtureFn, Fixtures};
use crate::{Context, IntoOutcome, Providers, Result};

/// Marks an asynchronous function.
#[derive(Debug)]
pub struct Async;

/// Marks a function that blocks its thread. It runs on a thread of its own.
#[derive(Debug)]
pub struct Blocking;

/// A function that can be a smoke test. It is asynchronous or blocking, takes up to eight fixtures
/// (nine with the suite's value), and returns `()` or a `Result<(), E>`.
///
/// `Marker` is inferred.
#[diagnostic::on_unimplemented(
    message = "this function cannot be a smoke test",
    note = "its arguments have to be fixtures: `Provided<T>`, `Sandbox<Pool>`, `Client`, `Unique`, ...",
    note = "it has to return `()` or `Result<(), E>`, and its future has to be `Send`"
)]
pub trait TestFn<Marker>: Clone + Send + Sync + 'static {
    /// The greatest kind among the function's fixtures.
    const KIND: Kind;

    /// Checks the function's fixtures as [`Fixture::check`](crate::Fixture::check) does.
    ///
    /// # Errors
    ///
    /// The first error of a fixture.
    fn check(providers: &Providers<'_>) -> Result;

    /// Acquires the fixtures and returns the function's own work.
    // Hidden since only the runner calls it, and its result may change.
    #[doc(hidden)]
    fn prepare(&self, cx: Context) -> BoxFuture<'static, Result<Body>>;
}

impl<F, Args> TestFn<(Async, Args)> for F
where
    Args: Fixtures,
    F: FixtureFn<Args>,
    F::Output: Future + Send + 'static,
    <F::Output as Future>::Output: IntoOutcome,
{
    const KIND: Kind = Args::KIND;

    fn check(providers: &Providers<'_>) -> Result {
        Args::check(providers)
    }

    fn prepare(&self, cx: Context) -> BoxFuture<'static, Result<Body>> {
        let function = self.clone();
        Box::pin(async move {
            let future = function.call(Args::acquire(&cx).await?);
            Ok(Body::Async(Box::pin(
                async move { future.await.into_outcome() },
            )))
        })
    }
}

impl<F, Args> TestFn<(Blocking, Args)> for F
where
    Args: Fixtures,
    F: FixtureFn<Args>,
    F::Output: IntoOutcome,
{
    const KIND: Kind = Args::KIND;

    fn check(providers: &Providers<'_>) -> Result {
        Args::check(providers)
    }

    fn prepare(&self, cx: Context) -> BoxFuture<'static, Result<Body>> {
        let function = self.clone();
        Box::pin(async move {
            let arguments = Args::acquire(&cx).await?;
            Ok(Body::Blocking(Box::new(move || {
                function.call(arguments).into_outcome()
            })))
        })
    }
}
