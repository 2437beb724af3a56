//! What a test does, whatever its function looks like.

use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use smoke_report::Kind;

use super::body::Body;
use super::function::TestFn;
use crate::{Context, Providers, Result, blocking};

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
