//! What a test does, whatever its function looks like.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use smoke_report::Kind;

use super::TestFn;
use crate::{Context, Providers, Result, blocking};

/// A test's own work, once its fixtures are there.
pub enum Body {
    /// A future, to be polled on the tests' runtime.
    Async(BoxFuture<'static, Result>),
    /// A function, to be called on a thread of its own.
    Blocking(Box<dyn FnOnce() -> Result + Send>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Async(_) => "Body::Async",
            Self::Blocking(_) => "Body::Blocking",
        })
    }
}

/// A function of fixtures whose type is forgotten.
pub(crate) trait AnyBody: Send + Sync {
    fn kind(&self) -> Kind;
    fn check(&self, providers: &Providers<'_>) -> Result;
    fn run(&self, cx: Context) -> BoxFuture<'static, Result>;
}

struct FunctionOf<F, Marker>(F, PhantomData<fn(Marker)>);

pub(crate) fn erase<Marker: 'static>(function: impl TestFn<Marker>) -> Arc<dyn AnyBody> {
    Arc::new(FunctionOf(function, PhantomData))
}

impl<Marker: 'static, F: TestFn<Marker>> AnyBody for FunctionOf<F, Marker> {
    fn kind(&self) -> Kind {
        F::KIND
    }

    fn check(&self, providers: &Providers<'_>) -> Result {
        F::check(providers)
    }

    fn run(&self, cx: Context) -> BoxFuture<'static, Result> {
        let preparing = self.0.prepare(cx.clone());
        Box::pin(async move {
            match preparing.await? {
                Body::Async(future) => future.await,
                Body::Blocking(function) => blocking::on_thread(&cx, function).await?,
            }
        })
    }
}
